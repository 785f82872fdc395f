"""The images that a VAE is trained, validated and tested on: black and white, in three disjoint parts."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from torch import Tensor

from dgm import datasets, runtime
from dgm.arguments import as_choice, as_seed, require_kind


@dataclass(frozen=True)
class Images:
    """Names the images of a run, so that each process can load them: a data set, the seed of its split, a device.

    name: of `datasets.names("images")`. device: "cpu", "cuda" or "auto". Equal values name the same images.
    ArgumentError for another seed or device.

    >>> from dgm import vae
    >>> vae.Images("digits")
    Images(name='digits', seed=0, device='cpu')
    """

    name: str
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        require_kind(self.name, "name", str, "the name of a data set")
        object.__setattr__(self, "seed", as_seed(self.seed))
        as_choice(self.device, "device", runtime.DEVICES)


class ImageSplit(NamedTuple):
    """Black and white images with pixels in {0, 1}: three disjoint parts, fixed by the seed."""

    train: Tensor       # (N, D) float32
    validation: Tensor  # (M, D), held out from training
    test: Tensor        # (K, D), evaluated when all choices are made


def split_images(images: Images) -> ImageSplit:
    """The images that `images` names, loaded once in each process; the tensors are shared and not written to.

    DataError when there is no such data set of images, or as `datasets.load`. ArgumentError when `images` is no Images,
    or names a device that is absent.

    >>> from dgm import vae
    >>> split = vae.split_images(vae.Images("digits"))
    >>> tuple(split.train.shape), len(split.validation), len(split.test)
    ((1350, 64), 150, 297)
    """
    require_kind(images, "images", Images, "a vae.Images, such as vae.Images('digits')")
    return _split(images)


@lru_cache(maxsize=4)
def _split(images: Images) -> ImageSplit:
    data = datasets.load(images.name, images.seed)
    if data.image_shape is None:
        raise datasets.DataError(f"{images.name} has no images: choose one of {', '.join(datasets.names('images'))}")
    x = datasets.binarise(data.x).to(runtime.device(images.device))
    return ImageSplit(*(x[rows.to(x.device)] for rows in data.split()))
