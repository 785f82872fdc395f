"""Errors that a person caused and can mend: one sentence with cause and remedy, fit to be shown."""


class DgmError(ValueError):
    """Root of all of them; the message is the sentence to show."""


class DataError(DgmError):
    """Data that cannot be had, read or used."""


class CheckpointError(DgmError):
    """A file of weights that is damaged, foreign or of another version."""


class DivergedError(DgmError):
    """A run whose loss stopped being a finite number; the last good checkpoint is kept by the caller."""
