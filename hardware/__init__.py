"""The rig: emulated sensors behind real interfaces, and the virtual patient who wears them; see README.md."""
