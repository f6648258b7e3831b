"""The last word before an intent: gives way in steps when estimates, listener or policy say that something is wrong."""
