"""The lesson's figures: both themes, sizes, and the numbers that they show."""

import numpy as np
import pytest

from dgm.autoregressive.comparison import Row
from dgm.autoregressive.live_training import Record
from pages.autoregressive.figures import (
    comparison,
    divergence,
    draws,
    growth,
    likelihood_surface,
    moved_density,
    pixels,
    small_table,
    training_curve,
    wording,
)
from tests.test_architecture import contrast
from tests.ui.figures.checked import assert_themes_and_size, checked
from ui.figures import theme

GENERATOR = np.random.default_rng(0)
TABLE = (0.6, 0.2, 0.9, 0.1, 0.5, 0.6, 0.95)


def moved(points: int = 20) -> moved_density.Drawn:
    x, grid = GENERATOR.normal(size=points), np.linspace(-4, 4, 50)
    terms = -0.5 * x**2 - 0.919
    return moved_density.Drawn(x, grid, np.exp(-0.5 * grid**2 - 0.919), np.exp(terms), terms, float(terms.sum()),
                               (0.0, 0.399), (1.0, -1.42), 1.0, -10.0, (0.0, -60.0), "min")


def path(pixels_in_all: int = 64) -> growth.Path:
    x = (GENERATOR.random(pixels_in_all) < 0.3).astype(float)
    p = GENERATOR.uniform(0.1, 0.9, pixels_in_all)
    return growth.Path(GENERATOR.permutation(pixels_in_all), x, p, np.log(np.where(x > 0, p, 1 - p)), (8, 8))


def drawn(images: int = 5) -> small_table.Drawn:
    bits = (GENERATOR.random((images, 3)) < 0.5).astype(int)
    return small_table.Drawn(bits, bits @ np.array([4, 2, 1]), TABLE)


ROWS = (Row("MADE", "exact", -16.5, 0.2, 0.0, "n"), Row("VAE", "bound", -19.9, 0.3, 0.01, "n"),
        Row("VAE, log p", "integrated", -18.8, 0.3, 1e-5, "n"))
MARKS = likelihood_surface.Marks((0.0, 1.0), (0.2, 0.9), [(0.0, 1.0), (0.1, 0.95)])
RECORDS = [Record(0, -44.0, -44.1), Record(10, -25.0, -25.5), Record(20, -20.0, -20.9)]
CELLS = np.log(GENERATOR.uniform(0.1, 1, (8, 8)))
BITS = (GENERATOR.random((8, 8)) < 0.5).astype(float)

FIGURES = {
    "density": lambda palette: moved_density.figure(moved(272), palette),
    "surface": lambda palette: likelihood_surface.figure(
        np.linspace(0, 1, 61), np.linspace(1, 2, 41), GENERATOR.normal(size=(41, 61)), MARKS, 3.0, "min", palette),
    "surface without a way": lambda palette: likelihood_surface.figure(
        np.linspace(0, 1, 61), np.linspace(1, 2, 41), GENERATOR.normal(size=(41, 61)), MARKS._replace(way=[]), 3.0,
        "min", palette),
    "draws": lambda palette: draws.rows(GENERATOR.normal(size=20), GENERATOR.normal(size=50), "min", palette),
    "divergence": lambda palette: divergence.curves(np.linspace(0, 1, 9), [np.ones(9)] * 3, np.zeros(9), palette),
    "conditionals": lambda palette: small_table.conditionals(TABLE, (0, 1, 2), [0, 2, 6], palette),
    "joint": lambda palette: small_table.joint([0.125] * 8, 3, palette),
    "tree": lambda palette: small_table.tree(drawn(), (2, 0, 1), palette),
    "tally": lambda palette: small_table.tally(drawn(), [0.125] * 8, palette),
    "image": lambda palette: growth.image(path(), palette),
    "chances": lambda palette: growth.chances(path(), palette),
    "curve": lambda palette: training_curve.curve(RECORDS, -25.1, palette),
    "board": lambda palette: pixels.board(BITS, palette),
    "terms": lambda palette: pixels.terms(CELLS, BITS, np.exp(CELLS), palette),
    "running": lambda palette: pixels.running(CELLS.ravel(), float(CELLS.sum()), palette),
    "gallery": lambda palette: pixels.gallery([BITS] * 12, ["−6.5"] * 12, 6, palette),
    "comparison": lambda palette: comparison.rows(ROWS, palette, ["VAE"]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_both_themes_and_small(name: str) -> None:
    assert_themes_and_size(FIGURES[name])


def test_terms_are_laid_end_to_end() -> None:
    shown = moved()
    fig = checked(moved_density.figure(shown))
    ends = fig.data[moved_density.STRIP].x
    assert ends[0] == 0
    assert np.diff(ends) == pytest.approx(shown.terms)
    assert fig.data[moved_density.SUM].text[0] == moved_density.sum_text(len(shown.x), shown.total)
    assert f"{-shown.terms.sum():.2f}" in fig.data[moved_density.SUM].text[0]


def test_the_density_and_its_terms_are_traces_of_the_follower() -> None:
    fig = checked(moved_density.figure(moved()))
    assert sorted(moved_density.AT.values()) == list(range(len(fig.data)))


def test_the_new_point_is_on_the_curve_and_above_the_dragged_top() -> None:
    fig = checked(moved_density.figure(moved()))
    assert np.log(fig.data[moved_density.NEW].y) == pytest.approx([moved().new[1]])
    assert moved_density.NEW > moved_density.TOP


def test_the_tree_lights_up_the_path_of_each_image() -> None:
    shown = drawn(4)
    fig = checked(small_table.tree(shown, (0, 1, 2)))
    assert len(fig.frames) == len(small_table.captions(shown, (0, 1, 2))) == 3 * 4 + 1
    for image in range(4):
        leaf = fig.frames[3 * image + 3].data[1]
        assert (leaf.x[0], leaf.y[0]) == (3.0, 7.0 - shown.images[image])


@pytest.mark.parametrize(("palette", "black"), [(theme.LIGHT, "■"), (theme.DARK, "□")], ids=["light", "dark"])
def test_each_branch_of_the_tree_says_its_colour(palette: theme.Palette, black: str) -> None:
    texts = checked(small_table.tree(drawn(), (0, 1, 2), palette)).data[3].text
    assert texts[1] == f"{black} {TABLE[0]:.2f}"
    assert [text[0] == black for text in texts] == [False, True] * 7
    assert [float(text[2:]) for text in texts[1::2]] == pytest.approx(TABLE)


def test_the_tally_counts_whole_images() -> None:
    shown = drawn(6)
    fig = checked(small_table.tally(shown, [0.125] * 8))
    assert fig.frames[2].data[0].y.sum() == 0
    assert fig.frames[-1].data[0].y == pytest.approx(np.bincount(shown.images, minlength=8) / 6)


def test_an_image_grows_by_one_pixel_a_frame() -> None:
    shown = path()
    frames = checked(growth.image(shown)).frames
    assert [int((frame.data[0].z >= 0).sum()) for frame in frames] == list(range(65))
    assert len(growth.captions(shown)) == 65
    row, column = divmod(int(shown.order[5]), 8)
    for before, after in zip(growth.captions(shown), growth.captions(shown)[1:], strict=False):
        place = before.split("Next: ")[1].removesuffix(", which depends on no other")
        assert after.startswith(f"Drawn: {place}, "), "the next pixel is the one that is drawn then"
    assert f"Next: pixel 6, row {row + 1}, column {column + 1}" in growth.captions(shown)[5]
    assert (frames[5].data[1].x[0], frames[5].data[1].y[0]) == (column, row), "the square is around the next pixel"


def test_the_bars_are_the_next_conditional_and_the_line_the_sum_so_far() -> None:
    shown = path()
    frames = checked(growth.chances(shown)).frames
    assert frames[7].data[0].y == pytest.approx([1 - shown.p[7], shown.p[7]])
    assert frames[7].data[1].y[-1] == pytest.approx(shown.log_terms[:7].sum())
    assert frames[64].data[0].y.sum() == 0


def test_a_click_finds_an_image_of_the_gallery() -> None:
    fig = checked(pixels.gallery([np.full((8, 8), i / 12) for i in range(12)], [""] * 12, 6))
    sheet = np.asarray(fig.data[0].z)
    for image in range(12):
        cell = int(np.flatnonzero(np.isclose(sheet.ravel(), image / 12))[0])
        assert pixels.which(cell, (8, 8), 6, 12) == image
    assert pixels.which(10**6, (8, 8), 6, 12) is None


def test_a_covered_row_is_not_drawn_and_its_place_gives_nothing_away() -> None:
    fig = checked(comparison.rows(ROWS, covered=["VAE"]))
    assert "VAE" not in [name for trace in fig.data for name in trace.y or ()]
    assert fig.layout.yaxis.categoryarray[0] == "VAE"
    assert "−19.90" not in comparison.rows_alt(ROWS, ["VAE"])


def test_alt_sentences_have_the_numbers() -> None:
    assert "20 points" in moved_density.figure_alt(moved(), (0.0, 1.0))
    assert "−3.00 nats here" in likelihood_surface.figure_alt(MARKS, -3.0, -2.0)
    assert "1 steps of gradient ascent" in likelihood_surface.figure_alt(MARKS, -3.0, -2.0)
    assert "0.95" in small_table.conditionals_alt(TABLE, (0, 1, 2))
    assert "111 has 0.125" in small_table.joint_alt([0.125] * 8, 7)
    assert "3 of 64 pixels" in growth.image_alt(path(), 3)
    assert "after 32 pixels" in pixels.running_alt(CELLS.ravel())
    assert "−20.90" in training_curve.curve_alt(RECORDS)


def test_rows_columns_and_sums_of_the_terms_are_named() -> None:
    axes = checked(pixels.terms(CELLS, BITS, np.exp(CELLS))).layout
    assert axes.xaxis.ticktext == (*(str(i) for i in range(1, 9)), "sum, nats")
    assert axes.yaxis.ticktext == tuple(str(i) for i in range(1, 9))
    assert axes.xaxis.visible
    assert axes.yaxis.visible
    assert "the most negative is" in pixels.terms_alt(CELLS)


def test_the_line_of_the_ascent_is_named_as_what_comes_next() -> None:
    fig = FIGURES["surface"](theme.LIGHT)
    assert [trace["name"] for trace in fig.data if "ascent" in trace.get("name", "")] == ["next 1 steps of ascent"]


def test_numbers_have_true_minus_signs_and_no_negative_zero() -> None:
    assert wording.number(-1.5) == "−1.50"
    assert wording.number(-1e-9) == "0.00"
    assert wording.number(float("-inf")) == "−∞"


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_the_numbers_of_the_terms_can_be_read_on_every_cell(palette: theme.Palette) -> None:
    cells = -np.linspace(0, 6, 64).reshape(8, 8)
    heat, texts = checked(pixels.terms(cells, BITS, np.exp(cells), palette)).data[:2]
    colours = dict(theme.scale(palette))
    for shade, colour in zip(heat.z.ravel() / 5, texts.textfont.color, strict=True):
        below, above = (0.0, 0.5) if shade <= 0.5 else (0.5, 1.0)
        part = (shade - below) / 0.5
        channels = [round(a + part * (b - a)) for a, b in zip(bytes.fromhex(colours[below][1:]),
                                                            bytes.fromhex(colours[above][1:]), strict=True)]
        assert contrast(colour, "#" + "".join(f"{value:02x}" for value in channels)) > 3.9
