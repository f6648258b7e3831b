"""What a listener's own sessions say of which policy would do better for them.

`evidence` reads the sessions, `posterior` finds the virtual people whom the sessions would have looked the same with,
`candidates` lets those live under each policy, `off_policy` asks the logged chances whether they object, and `proposal`
says what follows. It runs as `python -m hardware.refinement FILE` in a process of its own: the box needs none of it.
"""
