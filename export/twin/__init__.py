"""Fits the virtual listener to what the box's own stages play and say; the numbers stand beside `hardware/twin`."""
