"""What a clinic knows of its boxes: how each is, never how its listener is."""
