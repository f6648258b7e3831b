"""Keeps what is stored of a person unreadable to whoever finds the card, until its key is destroyed: then to everybody.

`key` is a key in memory, `ring` holds the keys of a box's listeners, `sealed_file` is how bytes lie on disk, and `door`
is how everybody else writes and reads, sealed or plain. Records are sealed by ChaCha20-Poly1305 (RFC 8439): a Raspberry
Pi 4 has no instructions for AES.
"""
