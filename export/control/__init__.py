"""Trains the learned policy on the twin, and tunes the constants of the simple ones by the same means.

`objective` says what is sought, `search` seeks it, `train` does all of it in order and writes the model folder.
"""
