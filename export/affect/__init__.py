"""Trains, measures and exports the two affect models; run `python -m export.affect.train --help`."""
