"""What developers run beside the tests: a browser for them, the README's pictures."""
