"""What a session was, for a relative and for a reviewer, and what a clinic does with its boxes: JSON, HTML and PDF."""
