"""Registrations of trials as a statistician writes them."""

GROUPS = """title = "Does music that listens calm more than music that does not?"
design = "groups"
hypotheses = ["Arousal is nearer to the goal in the arm adaptive than in the arm fixed."]
analysis = "Difference of means per listener, randomisation test, two-sided, 5 %."
sample_size = 24
sessions = 2
minutes = 10.0
arms = ["rules", "fixed", "adaptive"]
strata = ["clinic", "home"]

[[outcomes]]
name = "distance"
better = "lower"
primary = true
"""
BLOCKS = """title = "Does it help Ann?"
design = "blocks"
hypotheses = ["Arousal is nearer to the goal in adaptive blocks."]
analysis = "isotone verdict"
sample_size = 1
sessions = 3
minutes = 8.0
pairs = 3

[[outcomes]]
name = "distance"
better = "lower"
primary = true
"""
