"""The blind listening kit: a folder that anyone can open in a browser, and what the answers say about the composers."""
