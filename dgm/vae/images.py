"""The images that a VAE is trained, validated and tested on: black and white, in three disjoint parts."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dgm import datasets, runtime
from dgm.arguments import as_choice, as_seed, require_kind
from dgm.vae.borders import as_images

LEAST_OWN, MOST_OWN = 20, 10_000    # images of one's own
MOST_PIXELS = 4096


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


@dataclass(frozen=True)
class OwnImages(Images):
    """Images that are not a data set's, named by all their pixels, a bit each: so a worker gets them with the name.

    Made by `own_images`.
    """

    pixels: int = 0      # D
    bits: bytes = b""    # of each row of pixels, filled up to whole bytes
    beside: str = ""     # the data set that they are added to, "" for none


def own_images(x: Tensor, seed: int = 0, name: str = "own images", beside: str = "") -> OwnImages:
    """The name of a person's own images for `split_images` and for runs; black and white at 1/2.

    x: (N, D) intensities in [0, 1], LEAST_OWN <= N <= MOST_OWN, D at most 4096. seed: of the split. name: free text.
    beside: a data set of images with D pixels; each part of it is followed by that part of x. "" takes x alone.
    DataError for other images or another data set, ArgumentError for another seed.

    >>> import torch
    >>> from dgm import vae
    >>> images = vae.own_images(torch.eye(30))
    >>> [len(part) for part in vae.split_images(images)]
    [21, 3, 6]
    >>> both = vae.own_images(torch.zeros(30, 64), beside="digits")
    >>> [len(part) for part in vae.split_images(both)]
    [1371, 153, 303]
    """
    require_kind(name, "name", str, "a text")
    require_kind(beside, "beside", str, "the name of a data set, or an empty text")
    x = as_images(x, None, "bernoulli")
    if not LEAST_OWN <= len(x) <= MOST_OWN or x.shape[1] > MOST_PIXELS:
        raise datasets.DataError(f"x has {len(x)} images of {x.shape[1]} pixels: give {LEAST_OWN} to {MOST_OWN} images "
                                 f"of at most {MOST_PIXELS} pixels")
    black = (x >= 0.5).cpu().numpy()
    if beside:
        _require_size(beside, seed, x.shape[1])
    return OwnImages(name, seed, "cpu", x.shape[1], np.packbits(black, axis=1).tobytes(), beside)


def _require_size(name: str, seed: int, pixels: int) -> None:
    """DataError unless the images of this data set have as many pixels."""
    size = split_images(Images(name, seed)).train.shape[1]
    if size != pixels:
        raise datasets.DataError(f"x has {pixels} pixels and the images of {name} have {size}: give x as many, or "
                                 "leave beside out")


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
    if isinstance(images, OwnImages):
        own = _split_own(images)
        return _joined(_split(Images(images.beside, images.seed, images.device)), own) if images.beside else own
    data = datasets.load(images.name, images.seed)
    if data.image_shape is None:
        raise datasets.DataError(f"{images.name} has no images: choose one of {', '.join(datasets.names('images'))}")
    x = datasets.binarise(data.x).to(runtime.device(images.device))
    return ImageSplit(*(x[rows.to(x.device)] for rows in data.split()))


def _joined(one: ImageSplit, other: ImageSplit) -> ImageSplit:
    if one.train.shape[1] != other.train.shape[1]:
        raise datasets.DataError("own images have to come from vae.own_images, which packs them")
    return ImageSplit(*(torch.cat(parts) for parts in zip(one, other, strict=True)))


def _split_own(images: OwnImages) -> ImageSplit:
    """7 of 10 images for training, 1 for validation, the others for the test, in an order that the seed gives."""
    width = -(-images.pixels // 8) if type(images.pixels) is int and images.pixels > 0 else 0
    size = len(images.bits) if isinstance(images.bits, bytes) else 0
    if not width or size % width or not LEAST_OWN <= (count := size // width) <= MOST_OWN:
        raise datasets.DataError("own images have to come from vae.own_images, which packs them")
    rows = np.frombuffer(images.bits, np.uint8).reshape(count, width)
    x = torch.from_numpy(np.unpackbits(rows, axis=1, count=images.pixels)).float()
    order = torch.randperm(count, generator=runtime.generator(images.seed))
    ends = [round(0.7 * count), round(0.8 * count)]
    x = x[order].to(runtime.device(images.device))
    return ImageSplit(*(part.clone() for part in torch.tensor_split(x, ends)))
