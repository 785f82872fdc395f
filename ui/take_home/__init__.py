"""What a visitor takes home: names of saved files, and the state of a part as a notebook."""
