"""Recordings of any form are read back here: as arrays, checked for plausibility, or as the chunks of sensors."""
