"""`checked` finds what plotly's constructors correct silently, and the tests check every figure."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from tests.ui.figures.checked import checked, opened, size
from ui.figures import spec
from ui.figures.spec import Figure

ROOT = Path(__file__).parents[3]
MODULES = sorted(".".join(path.relative_to(ROOT).with_suffix("").parts)
                 for folder in (ROOT / "ui", ROOT / "pages") for path in folder.glob("**/figures/[!_]*.py"))


def animated(**changed: object) -> Figure:
    fig = Figure().add_bar(y=[1, 2])
    fig.frames = [spec.frame([changed], [0])]
    return fig


@pytest.mark.parametrize(("fig", "where"), [
    (Figure({"margin_b": 4}), "figure.layout.margin"),
    (Figure().add_scatter(y=[1], line_width=2), "figure.data[0].line"),
    (Figure().add_scatter(y=[1], line={"color": "red"}, marker={"line_width": 2}), "figure.data[0].marker.line"),
    (Figure({"xaxis": {"title": "a text"}}), "figure.layout.xaxis.title"),
    (Figure().add_vline(1.0, line_color="red"), "figure.layout.shapes[0].line"),
    (Figure().add_scatter(y=[1], text=None), "figure.data[0].text"),
    (Figure().add_heatmap(z=[[1]], colorscale="viridis"), "figure.data[0].colorscale"),
    (animated(type="bar", marker_color="red"), "figure.frames[0].data[0].marker"),
    (animated(y=[2, 3]), "figure.frames[0].data[0].type"),      # of a scatter, to plotly
])
def test_what_only_plotlys_python_understands_is_found(fig: Figure, where: str) -> None:
    fig.plotly()
    with pytest.raises(AssertionError) as found:
        checked(fig)
    assert where in str(found.value)


@pytest.mark.parametrize("fig", [
    Figure(), animated(type="bar", y=[2, 3]), Figure({"shapes": []}).add_scatter(x=[], y=np.zeros(0)),
    Figure().add_scatter(x=(1, 2), y=np.array([np.nan, 2], "f4"), marker={"color": np.arange(2)}),
    Figure().add_scatter(x=["a", "b"], y=[None, 2.5], customdata=np.arange(4).reshape(2, 2)),
    Figure().add_heatmap(z=np.eye(2, dtype=bool), colorscale=((0.0, "#ffffff"), (1.0, "#000000"))),
])
def test_valid_figures_pass(fig: Figure) -> None:
    assert len(checked(fig).data) == len(fig.data)


def test_size_is_the_size_of_the_message() -> None:
    light, heavy = (Figure().add_scatter(y=np.zeros(3000, kind)) for kind in ("f4", "f8"))
    assert size(heavy) - size(light) == 16_000      # 4 bytes more a number, four letters for three bytes


def test_nan_is_no_json() -> None:
    with pytest.raises(ValueError, match="NaN is no JSON"):
        opened('{"y": [NaN]}')


def figure_functions() -> set[str]:
    """Every public function that returns a figure, as package.module.name."""
    made = {made for module in MODULES for _, made in inspect.getmembers(import_module(module), inspect.isfunction)}
    return {f"{one.__module__}.{one.__name__}" for one in made
            if not one.__name__.startswith("_") and inspect.signature(one).return_annotation is Figure}


def functions_under_test() -> set[str]:
    """Every function of a figures package that a test calls, as package.module.name."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in ast.walk(tree)
                 if isinstance(node, ast.ImportFrom) and str(node.module).endswith("figures") for alias in node.names}
        found |= {f"{names.get(node.value.id)}.{node.attr}" for node in ast.walk(tree)
                  if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)}
    return found


def test_every_figure_is_tested() -> None:
    assert len(figure_functions()) > 40
    assert figure_functions() <= functions_under_test()
