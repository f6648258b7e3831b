"""Writing an image onto a card, so that nothing else is ever written onto."""
