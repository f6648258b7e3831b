"""What keeps a session alive: the bus between processes, the manager that starts and watches them, and systemd."""
