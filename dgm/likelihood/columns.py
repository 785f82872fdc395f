"""Real data of one dimension, and densities that are known: what the families are fitted to."""

from typing import NamedTuple

from torch import Tensor

from dgm import datasets
from dgm.arguments import as_choice
from dgm.likelihood.families import Density, Gaussian, Laplace, Mixture, StudentT


class Column(NamedTuple):
    """One column of a data set of points."""

    dataset: str
    column: int
    unit: str


COLUMNS: dict[str, Column] = {
    "waiting": Column("faithful", 1, "min"),
    "eruption": Column("faithful", 0, "min"),
    "petal length": Column("iris", 2, "cm"),
    "sepal width": Column("iris", 1, "cm"),
    "alcohol": Column("wine", 0, "%"),
    "malic acid": Column("wine", 1, "g/l"),
}

TRUTHS: dict[str, Density] = {
    "two bumps": Mixture(0.35, -2.0, 0.6, 1.5, 1.0),
    "heavy tails": StudentT(0.0, 1.0, 2.5),
    "Gaussian": Gaussian(0.0, 1.0),
    "peaked": Laplace(0.0, 1.0),
}


def load_column(name: str) -> Tensor:
    """The values (N,) float64 of a column of COLUMNS, in its unit. ArgumentError for another name.

    >>> from dgm import likelihood
    >>> likelihood.load_column("waiting").shape
    torch.Size([272])
    """
    column = COLUMNS[as_choice(name, "name", list(COLUMNS))]
    return datasets.load(column.dataset).x[:, column.column].clone()
