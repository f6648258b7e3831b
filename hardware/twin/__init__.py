"""The virtual listener has a mood, a brain, a heart and a wrist; the rig wears it, and training may simulate it."""
