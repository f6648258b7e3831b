"""Files of others are read within limits here, and files for people are written whole or not at all."""
