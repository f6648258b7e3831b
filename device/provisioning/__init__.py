"""What a technician puts onto the boot partition of a box, and how the box becomes it at its next start."""
