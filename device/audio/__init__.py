"""The edge out: asks for bars, guards them, sounds them and hands the samples to the sound card.

`conductor` owns musical time, `guard` is the last word on what may sound, `renderer` makes blocks of samples with
`scheduler`, `synth` and `mixer`, `player` gives them to a card or, without one, to the recorder alone; `engine` is the
process that holds them together.
"""
