"""What every part of the PCA page hands to "The code that ran"."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ui import page


class Code(NamedTuple):
    """Functions behind the figures, the slide's formula, and a script with the numbers that it prints."""

    functions: Sequence[Callable[..., Any]]
    formula: str
    script: str
    numbers: Mapping[str, float]

    def show(self) -> None:
        """Put it on the page."""
        page.code(self.functions, formula=self.formula, script=self.script, numbers=self.numbers)
