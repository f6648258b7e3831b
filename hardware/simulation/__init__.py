"""Thousands of virtual listeners under the box's own control, in virtual time, for benches and for training.

`closed_loop` lets a cohort live through sessions under a policy, `outcomes` says what came of it, and `shards` runs any
number of cohorts, here or on Ray, to the same numbers.
"""
