"""What speaks HTTP: the command that serves, headers, the first page of a lesson, warm-up, waiting for a server."""
