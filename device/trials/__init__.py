"""Says whether music that listens back helped: for one listener (N-of-1) and in trials over many.

`table` reads blocks that somebody wrote down, `design` sees from them what was left to chance, `randomisation` tests
with exactly that, and `verdict` puts the answer into a sentence. numpy is all it takes: scipy would cost a box 100 MB.
"""
