"""The pages of `routes`, a module for each."""
