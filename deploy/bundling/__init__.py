"""Makes the signed file by which a box without halves of a card is renewed (`device.updates`)."""
