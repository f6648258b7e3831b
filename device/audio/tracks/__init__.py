"""Sources of sound, one a file: each renders its own samples, and the mixer adds them up."""
