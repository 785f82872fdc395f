"""dgm.datasets.picture on photos: paper and boards of any grey, uneven light, specks, and files of every kind."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from dgm import datasets
from dgm.datasets import picture
from dgm.errors import DataError

Grey = NDArray[np.float64]
SHAPE = (28, 28)
HEIGHT, WIDTH, SCALE, TOP, LEFT = 400, 300, 10, 60, 10
DIGITS = (0, 600, 1200, 2600, 3100, 4600)    # of different classes
OVERLAP = 0.6        # of the digit in a photo with that of the clean scan
DOWN, ACROSS = np.mgrid[0:1:HEIGHT * 1j, 0:1:WIDTH * 1j]


def ink(index: int) -> Grey:
    """1 where the pen was, (HEIGHT, WIDTH)."""
    small = Image.fromarray(datasets.load("mnist-5k").x[index].reshape(SHAPE).numpy())
    big = np.asarray(small.resize((28 * SCALE, 28 * SCALE), Image.Resampling.BICUBIC)).clip(0, 1)
    sheet = np.zeros((HEIGHT, WIDTH))
    sheet[TOP:TOP + 28 * SCALE, LEFT:LEFT + 28 * SCALE] = big
    return sheet


def encoded(grey: Grey, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray((grey.clip(0, 1) * 255).round().astype(np.uint8)).save(out, kind, **options)
    return out.getvalue()


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def read(content: bytes) -> Grey:
    return picture.read(content, SHAPE).reshape(SHAPE).numpy().astype(float)


def clean(index: int) -> Grey:
    return read(encoded(1 - ink(index)))


def overlap(a: Grey, b: Grey) -> float:
    both, any_ = ((a > 0.5) & (b > 0.5)).sum(), ((a > 0.5) | (b > 0.5)).sum()
    return float(both / any_)


def noise(size: float) -> Grey:
    return np.random.default_rng(0).normal(0, size, (HEIGHT, WIDTH))


def specked(grey: Grey) -> Grey:
    """With 40 dark and light specks of up to four pixels."""
    made, rng = grey.copy(), np.random.default_rng(1)
    for _ in range(40):
        y, x, side = rng.integers(0, HEIGHT - 4), rng.integers(0, WIDTH - 4), rng.integers(1, 5)
        made[y:y + side, x:x + side] = rng.choice([0.05, 0.95])
    return made


PAPERS: dict[str, Grey] = {
    "even": np.full((HEIGHT, WIDTH), 0.5), "side light": 0.35 + 0.5 * ACROSS,
    "vignette": 0.8 - 0.9 * ((ACROSS - 0.5) ** 2 + (DOWN - 0.5) ** 2),
    "lamp": 0.3 + 0.6 * np.exp(-3 * ((ACROSS - 0.1) ** 2 + (DOWN - 0.1) ** 2)),
}
PHOTOS: dict[str, Callable[[Grey], bytes]] = {
    "dark on grey paper": lambda pen: encoded(0.45 - 0.35 * pen),
    "chalk on a board": lambda pen: encoded(0.55 + 0.4 * pen),
    "pencil on grey paper": lambda pen: encoded(0.45 - 0.15 * pen),
    "side light": lambda pen: encoded(PAPERS["side light"] * (1 - 0.7 * pen)),
    "vignette": lambda pen: encoded(PAPERS["vignette"] * (1 - 0.7 * pen)),
    "lamp": lambda pen: encoded(PAPERS["lamp"] * (1 - 0.7 * pen)),
    "noise": lambda pen: encoded(0.6 - 0.4 * pen + noise(0.08)),
    "soft shadow": lambda pen: encoded((0.8 - 0.3 / (1 + np.exp(12 - 20 * ACROSS))) * (1 - 0.7 * pen)),
    "specks": lambda pen: encoded(specked(0.6 - 0.4 * pen)),
    "edge of the table": lambda pen: encoded(np.where(ACROSS > 0.93, 0.1, 0.75) - 0.5 * pen),
    "everything": lambda pen: encoded(specked(PAPERS["side light"] * (1 - 0.6 * pen) + noise(0.03)), "JPEG",
                                      quality=40),
    "chalk, uneven light": lambda pen: encoded(0.3 + 0.25 * ACROSS + 0.4 * pen + noise(0.02), "JPEG", quality=60),
    "large": lambda pen: encoded(np.kron(0.5 - 0.3 * pen, np.ones((6, 6))), "JPEG"),
}


@pytest.mark.parametrize("photo", PHOTOS)
@pytest.mark.parametrize("index", DIGITS)
def test_a_photo_gives_the_digit_of_the_clean_scan(photo: str, index: int) -> None:
    found = read(PHOTOS[photo](ink(index)))
    assert overlap(found, clean(index)) >= OVERLAP
    rows, columns = np.arange(28) + 0.5, np.arange(28) + 0.5
    centre = (found.sum(1) @ rows / found.sum(), found.sum(0) @ columns / found.sum())
    assert centre == pytest.approx((14, 14), abs=1)


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("size", [0.0, 0.02, 0.08])
def test_an_empty_page_has_no_ink(paper: str, size: float) -> None:
    for kind in ("PNG", "JPEG"):
        with pytest.raises(DataError, match="no ink"):
            read(encoded(PAPERS[paper] + noise(size), kind))


def test_a_digit_that_lies_a_little_differently_is_a_little_different() -> None:
    pen = ink(2600)
    images = [read(encoded(1 - np.roll(pen, shift, 1))) for shift in range(5)]
    assert min(overlap(images[0], other) for other in images) > 0.9


def bytewise(grey: Grey) -> NDArray[np.uint8]:
    return (grey * 255).round().astype(np.uint8)


def transparent(colour: int, pen: Grey) -> bytes:
    pixels = np.full((*pen.shape, 4), colour, np.uint8)
    pixels[..., 3] = bytewise(pen)
    return saved(Image.fromarray(pixels))


def sheet_with_holes(pen: Grey) -> bytes:
    """A photo whose corners were cut away."""
    pixels = np.repeat(bytewise(0.7 - 0.5 * pen)[..., None], 4, 2)
    pixels[..., 3] = 255 * ((ACROSS - 0.5) ** 2 + (DOWN - 0.5) ** 2 < 0.4)
    return saved(Image.fromarray(pixels))


def turned(pen: Grey, orientation: int) -> bytes:
    """A photo that the camera stored in another orientation, with the tag that says so."""
    stored = {1: lambda g: g, 2: np.fliplr, 3: lambda g: np.rot90(g, 2), 4: np.flipud, 5: lambda g: g.T,
              6: np.rot90, 7: lambda g: np.rot90(g, 2).T, 8: lambda g: np.rot90(g, -1)}[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(Image.fromarray(np.ascontiguousarray(bytewise(1 - stored(pen)))), "JPEG", exif=exif)


FILES: dict[str, Callable[[Grey], bytes]] = {
    "black ink, no paper": lambda pen: transparent(0, pen),
    "white ink, no paper": lambda pen: transparent(255, pen),
    "corners cut away": sheet_with_holes,
    "16 bits": lambda pen: saved(Image.fromarray((65535 * (1 - pen)).astype(np.uint16))),
    "16 bits, dark": lambda pen: saved(Image.fromarray((9000 - 8000 * pen).astype(np.uint16))),
    "float": lambda pen: saved(Image.fromarray((1 - pen).astype(np.float32)), "TIFF"),
    "palette": lambda pen: saved(Image.fromarray(bytewise(1 - pen)).convert("P")),
    "palette, transparent": lambda pen: saved(Image.fromarray(bytewise(1 - pen)).convert("P"), transparency=255),
    "grey, transparent": lambda pen: saved(Image.merge("LA", [Image.fromarray(bytewise(0 * pen)),
                                                             Image.fromarray(bytewise(pen))])),
    "two colours": lambda pen: saved(Image.fromarray(bytewise(1 - pen)).convert("1", dither=Image.Dither.NONE)),
    "CMYK": lambda pen: saved(Image.fromarray(bytewise(1 - pen)).convert("RGB").convert("CMYK"), "JPEG"),
    "GIF": lambda pen: saved(Image.fromarray(bytewise(1 - pen)), "GIF"),
    "BMP": lambda pen: saved(Image.fromarray(bytewise(1 - pen)), "BMP"),
    "WebP": lambda pen: saved(Image.fromarray(bytewise(1 - pen)).convert("RGB"), "WEBP"),
    "damaged EXIF": lambda pen: saved(Image.fromarray(bytewise(1 - pen)), "JPEG",
                                      exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"),
    "comment": lambda pen: saved(Image.fromarray(bytewise(1 - pen)), "JPEG", comment=b"\xff" * 60_000),
    **{f"orientation {tag}": (lambda pen, tag=tag: turned(pen, tag)) for tag in range(1, 9)},
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_any_kind_gives_the_digit_of_the_clean_scan(kind: str) -> None:
    for index in DIGITS[:3]:
        assert overlap(read(FILES[kind](ink(index))), clean(index)) >= OVERLAP


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (2, 3), (8, 8), (4000, 6000)])
def test_a_picture_of_any_size_is_an_image_or_refused(size: tuple[int, int]) -> None:
    grey = np.ones(size, np.uint8) * 255
    grey[size[0] // 3: size[0] // 2 + 1, size[1] // 3: size[1] // 2 + 1] = 0
    try:
        found = picture.read(saved(Image.fromarray(grey)), SHAPE)
    except DataError as error:
        assert "no ink" in str(error)  # noqa: PT017  (either is right)
        return
    assert found.shape == (784,)
    assert 0 <= float(found.min()) <= float(found.max()) == 1


PROGRAMS = (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>")


@pytest.mark.parametrize("content", PROGRAMS)
def test_no_program_is_run_to_read_a_picture(content: bytes) -> None:
    with pytest.raises(DataError, match="choose a PNG or JPEG"):
        picture.read(content, SHAPE)


DAMAGED = [encoded(1 - ink(600)[::4, ::4], kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(DAMAGED), st.data())
def test_a_damaged_file_is_an_image_or_a_sentence(content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content[: data.draw(st.integers(1, len(content)))] if data.draw(st.booleans()) else content)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = picture.read(bytes(damaged), SHAPE).isfinite().all()
    except DataError as error:
        found = str(error)[0].islower()
    assert found
