"""From features to one estimate a second of how the listener feels, how sure that is, or why it is unknown.

A source's features are held against the listener's own rest (`baseline`), read by a small model (`reader`, `runtimes`),
smoothed into evidence (`evidence`) and fused with the other sources and the listener's own words (`fusion`).
"""
