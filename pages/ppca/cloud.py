"""A cloud of points on the PCA page: by name or a visitor's own, and the points of it that were dragged."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from dgm.ppca import toy_data

COUNT = 200       # points of a toy cloud
DRAGGABLE = 12    # points, at most
OWN, GEYSER = "my own points", "Old Faithful"
NAMES = (*toy_data.TOYS, GEYSER)
GEYSER_COLUMNS = ("eruption, standardised", "waiting, standardised")
LONGEST_NAME = 30      # characters of a name in a figure
Place = tuple[int, float, float]    # index of a point, x, y


def plotted(name: str) -> str:
    """A visitor's name for a figure: not too long, and without what plotly would take for a tag."""
    return name[:LONGEST_NAME].replace("<", "‹")


@dataclass(frozen=True)
class Cloud:
    """Points by name and seed, and where some of them were dragged to; equal clouds have equal points."""

    name: str
    seed: int = 0
    moved: tuple[Place, ...] = ()
    own: tuple[tuple[float, ...], ...] = ()            # the points themselves where the name is OWN
    own_columns: tuple[str, ...] = ()                  # their names

    @cached_property
    def base(self) -> Tensor:
        """The points before any was dragged, (N, 2) or (N, 3)."""
        if self.name == OWN:
            return torch.tensor(self.own, dtype=torch.float64)
        return toy_data.old_faithful() if self.name == GEYSER else toy_data.TOYS[self.name](COUNT, self.seed)

    @cached_property
    def x(self) -> Tensor:
        """The points after dragging, of the same shape."""
        points = self.base.clone()
        for index, place in self._places().items():
            points[index] = torch.tensor(place, dtype=points.dtype)
        return points

    @property
    def axes(self) -> tuple[str, ...]:
        """Titles of the axes, one for each column."""
        names = {OWN: self.own_columns, GEYSER: GEYSER_COLUMNS}.get(self.name) or ("x₁", "x₂", "x₃")
        return tuple(map(plotted, names))

    def _places(self) -> dict[int, tuple[float, float]]:
        """The last place of each dragged point; what is no index of this cloud belongs to another one."""
        return {index: (x, y) for index, x, y in self.moved if index < len(self.base)}

    @property
    def draggable(self) -> tuple[int, ...]:
        """Indices of the points that can be dragged, spread over all; the last one, which may be an outlier, is one."""
        last = len(self.base) - 1
        return tuple(sorted({round(last * number / (DRAGGABLE - 1)) for number in range(DRAGGABLE)}))

    @property
    def script(self) -> str:
        """Lines of a script that import `ppca` and make the same points as `x`, with `dgm` and plain numbers alone."""
        places = self._places()
        edits = [f"x[{[*places]}] = x.new_tensor({[*map(list, places.values())]})"] if places else []
        return "\n".join([*self._source(), *edits])

    def _source(self) -> list[str]:
        """Imports and the line that makes the points before any was dragged."""
        if self.name == OWN:
            rows = [list(row) for row in self.own]
            return ["import torch", "from dgm import ppca", f"x = torch.tensor({rows}, dtype=torch.float64)"]
        call = ("old_faithful()" if self.name == GEYSER else
                f"{toy_data.TOYS[self.name].__name__}({COUNT}, {self.seed})")
        return ["from dgm import ppca", "from dgm.ppca import toy_data", f"x = toy_data.{call}"]
