"""Turns features into one estimate a second of how the listener feels, how sure that is, or why it is unknown.

A source's features are held against the listener's own rest (`baseline`; `drift` says when that no longer holds), read
by a small model (`reader`, `runtimes`) where they look like anything it knows (`novelty`), smoothed into evidence
(`evidence`), put as this listener would put it (`taps`) and fused (`fusion`) with the other sources and the listener's
own words (`words`).
"""
