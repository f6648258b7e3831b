"""Music by a brief in plain words: "gentle piano and strings, I feel tense today".

The words become a way over the valence-arousal plane and a choice of instruments, and what was understood is said.
Takes of the same bars are then judged by what is heard of them.
"""
