"""The API reference of `dgm`, built from its docstrings by pdoc into files that need no other host."""
