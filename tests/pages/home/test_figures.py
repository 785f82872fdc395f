"""The small pictures of the home page: valid figures, and images of them without plotly."""

import xml.etree.ElementTree as ET
from base64 import b64decode

import numpy as np
import pytest

from pages.home import pictures
from pages.home.figures import small, svg
from tests.ui.figures.checked import assert_themes_and_size
from ui.figures.spec import Figure
from ui.figures.theme import DARK, LIGHT

GENERATOR = np.random.default_rng(0)
POINTS = GENERATOR.normal(size=(40, 2))
CONTOUR = small.Ellipse(np.zeros(2), np.eye(2))
FIGURES = {
    "curves": lambda palette: small.curves([small.Curve(np.linspace(0, 1, 9), np.linspace(0, 2, 9), "prior")], palette),
    "clusters": lambda palette: small.clusters(POINTS, np.arange(40) % 2, [CONTOUR, CONTOUR], palette),
    "line": lambda palette: small.line(POINTS, np.array([[-1.0, -1.0], [1.0, 1.0]]), CONTOUR, palette),
    "clouds": lambda palette: small.clouds(POINTS[:, 0], 0.1 * POINTS[:, 1], 0.0, palette),
    "points": lambda palette: small.points(POINTS, palette),
}
NAMESPACE = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", FIGURES)
def test_both_themes_and_small(name: str) -> None:
    assert_themes_and_size(FIGURES[name], limit=30_000)


@pytest.mark.parametrize("name", FIGURES)
def test_an_image_has_every_line_and_point_of_its_figure(name: str) -> None:
    fig: Figure = FIGURES[name](LIGHT)
    root = ET.fromstring(svg.svg(fig))
    lines = sum("lines" in trace["mode"] for trace in fig.data)
    points = sum(len(trace["x"]) for trace in fig.data if "markers" in trace["mode"])
    assert len(root.findall(f"{NAMESPACE}path")) == lines
    assert len(root.findall(f"{NAMESPACE}circle")) == points
    assert svg.uri(fig).startswith("data:image/svg+xml;base64,")


def test_the_corners_of_the_axes_are_those_of_the_image() -> None:
    fig = small.points(np.array([[0.0, 0.0], [1.0, 1.0]]), LIGHT)
    fig.update_xaxes(range=[0, 1])
    fig.update_yaxes(range=[0, 1])
    circles = ET.fromstring(svg.svg(fig)).findall(f"{NAMESPACE}circle")
    assert [(float(c.get("cx", -1)), float(c.get("cy", -1))) for c in circles] == [(0, svg.HEIGHT), (svg.WIDTH, 0)]


def test_bars_begin_at_zero_and_gaps_begin_a_new_line() -> None:
    fig = Figure({"xaxis": {"range": [0, 2]}, "yaxis": {"range": [0, 1]}})
    fig.add_bar(x=[1.0], y=[0.5], width=1.0, marker={"color": LIGHT.ink})
    fig.add_scatter(x=[0, 1, np.nan, 1, 2], y=[0, 1, np.nan, 0, 1], mode="lines", line={"color": LIGHT.ink})
    root = ET.fromstring(svg.svg(fig))
    rect = root.find(f"{NAMESPACE}rect")
    assert rect is not None
    assert float(rect.get("height", 0)) == pytest.approx(svg.HEIGHT / 2)
    path = root.find(f"{NAMESPACE}path")
    assert path is not None
    assert path.get("d", "").count("M") == 2


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("draw", [*pictures.LESSON_PICTURES.values(), *pictures.SAMPLES.values()],
                         ids=lambda draw: draw.__name__)
def test_every_picture_is_a_small_image_with_a_sentence(draw, palette) -> None:  # type: ignore[no-untyped-def]
    found = draw(palette)
    kind, content = found.uri.split(";base64,")
    assert kind in ("data:image/svg+xml", "data:image/png")
    assert len(b64decode(content)) < 40_000
    assert any(character.isdigit() for character in found.alt)


def test_what_has_no_picture_has_none() -> None:
    assert pictures.of_lesson("nothing", dark=False) is None
    assert pictures.of_family("flows", dark=False) is None
