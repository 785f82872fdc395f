"""The numbers that a browser needs to encode and decode."""
