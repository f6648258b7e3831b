"""The edge out: asks for bars, guards them, sounds them and hands the samples to the sound card.

`conductor` owns musical time, `safety` has the last word on every note and sample, `renderer` adds up the tracks
(`scheduler` and `synth` are the first), `player` gives blocks to a card or, without one, to the recorder alone;
`engine` is the process that holds them together.
"""
