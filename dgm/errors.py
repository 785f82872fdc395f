"""Errors that a person caused and can correct: the message is one sentence with cause and remedy."""


class DgmError(ValueError):
    """Base class. str(error) is the sentence to show; it starts in lower case and has no full stop.

    >>> from dgm import datasets
    >>> try:
    ...     datasets.load("cifar")
    ... except datasets.DataError as error:
    ...     print(str(error)[:30])
    there is no data set 'cifar':
    """


class ArgumentError(DgmError):
    """A setting of the wrong type, out of its range or unknown; the message names the argument."""


class DataError(DgmError):
    """Data that cannot be found, downloaded, read or used."""


class CheckpointError(DgmError):
    """A file of weights that is damaged, of another program or of another version."""


class DivergedError(DgmError):
    """A run whose loss is no longer a finite number; the caller still has the last good checkpoint."""
