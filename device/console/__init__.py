"""The terminal: what a running session looks like to whoever started it."""
