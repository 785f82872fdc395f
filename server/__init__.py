"""What speaks HTTP: the command that serves, headers, static files, warm-up."""
