"""The box's buttons, knobs and light: what somebody does with their hands, and what they see."""
