"""One folder per lesson; each holds page.py (the script), state.py (its controls), its parts and its figures."""
