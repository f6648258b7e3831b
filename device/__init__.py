"""The runtime that runs on the box: from sensor bytes to headphones."""

__version__ = "0.1.0"
