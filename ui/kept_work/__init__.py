"""A visitor's work, kept while the line is cut, over a reload and a restart of the server; see `work`."""
