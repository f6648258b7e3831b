"""A newer version of the box: proven to be ours, written beside the one that runs, tried, and kept or left again."""
