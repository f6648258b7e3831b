"""What a session leaves behind: an append-only log, what was heard, and what can be read from both."""
