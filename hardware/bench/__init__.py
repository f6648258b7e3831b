"""Benches that compare the device with its peers in one run, and the reports of past ones."""
