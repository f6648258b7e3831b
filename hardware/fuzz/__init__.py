"""Hostile inputs by the thousand: `python -m hardware.fuzz --target logs --cases 10000 --seed 0`.

Each target takes inputs that are whole, changes them at random and gives them to the box's own readers. Whatever is
read or refused in a sentence is well; anything else is a failure: an exception that is no refusal, more memory or time
than the limits, a death.
"""
