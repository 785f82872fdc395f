"""A cloud of points on the PCA page: named or a visitor's own, with the points that were dragged."""

from dataclasses import dataclass

import torch
from torch import Tensor

from dgm.ppca import toy_data

COUNT = 200
HANDLES = 12
OWN, GEYSER = "my own points", "Old Faithful"
NAMES = (*toy_data.TOYS, GEYSER)


@dataclass(frozen=True)
class Cloud:
    """Points by name and seed, and the dragged ones among them; equal clouds have equal points."""

    name: str
    seed: int = 0
    moved: tuple[tuple[int, float, float], ...] = ()   # index of the point, x, y
    own: tuple[tuple[float, ...], ...] = ()            # the points themselves where the name is OWN

    @property
    def base(self) -> Tensor:
        """The points before any was dragged, (N, 2) or (N, 3)."""
        if self.name == OWN:
            return torch.tensor(self.own, dtype=torch.float64)
        return toy_data.old_faithful() if self.name == GEYSER else toy_data.TOYS[self.name](COUNT, self.seed)

    @property
    def x(self) -> Tensor:
        """The points after dragging."""
        points = self.base.clone()
        for index, place in self._places(len(points)).items():
            points[index] = torch.tensor(place, dtype=points.dtype)
        return points

    def _places(self, count: int) -> dict[int, tuple[float, float]]:
        """Where each dragged point is now; indices of `count` points or more belong to another cloud."""
        return {index: (x, y) for index, x, y in self.moved if index < count}

    @property
    def handles(self) -> tuple[int, ...]:
        """Indices of the points that can be dragged: a dozen, the last one (which may be an outlier) among them."""
        last = len(self.base) - 1
        return tuple(sorted({round(last * share / (HANDLES - 1)) for share in range(HANDLES)}))

    @property
    def script(self) -> str:
        """Lines of a script that make the same points with `dgm` and plain numbers; it imports `ppca` as well."""
        places = self._places(len(self.base))
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
