"""A whole bootable image for a card, from this checkout: Debian, wheels, the box, and a way back from every update."""
