"""What the box remembers of each listener: rest, words, the wristband, consent, dose. Nothing of it reaches a log.

`schema` says how it is kept, `store` who is known and how one is forgotten, `memory` what sessions taught, and `intake`
what was asked before the first session.
"""
