"""Autoregressive models of binary images (slide "Likelihood as product of conditionals")."""

__all__: list[str] = []


def __dir__() -> list[str]:
    return __all__
