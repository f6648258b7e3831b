"""Twenty cards on a Monday morning: each box with its own identity, a label, and a line in the hand-over protocol."""
