"""The rig: emulated sensors behind real interfaces, and the virtual patient who wears them; `device` never imports it."""
