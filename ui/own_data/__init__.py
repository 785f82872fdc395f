"""A visitor's own points and images."""
