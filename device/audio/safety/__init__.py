"""The last word on what may sound, over every track.

`limits` says what each limit of the prescription means. `bar_guard` mends composed bars and says what it changed.
`note_guard` is the last before a synthesiser and `pcm_guard` the last before the sound card: both hold, whatever the
rest of the program asks for.
"""
