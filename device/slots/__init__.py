"""The two halves of a box's card, one running, one written: which starts next, and how often it may try."""
