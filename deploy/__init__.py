"""What a technician runs: from a clone to a box, to a card, to a fleet."""
