"""Emulated sensors: each core is free of its transport (bytes or a GATT table), and rendered once per transport."""
