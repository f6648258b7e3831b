"""Where a session should be by now: its phases in time, what is wrong with a plan, and how people move along it."""
