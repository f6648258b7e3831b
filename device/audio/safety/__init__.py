"""The last word on what may sound, over every track."""
