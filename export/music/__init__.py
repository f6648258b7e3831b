"""How the composer model is made: corpus, tokens, training, export. Needs the extra `export`."""
