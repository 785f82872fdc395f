"""Amortized inference."""
