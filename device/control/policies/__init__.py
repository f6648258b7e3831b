"""How far the music goes beyond the plan: what a policy is given and answers (`view`), and one file for each policy.

`loading` builds the policy that is configured. Which ones there are stands in `control.POLICIES`.
"""
