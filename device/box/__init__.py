"""The box that is always on: what it is doing, what a press means then, and the sessions that come and go under it."""
