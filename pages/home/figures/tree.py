"""The zoo as a tree: root, branches, families; colour and marker show what is known of the likelihood."""

import numpy as np

from pages.home.zoo import BRANCHES, FAMILIES, LIKELIHOODS
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

MEANING = {"exact": "evidence", "bound": "q", "none": "gap"}  # of the palette, by likelihood
MARKER = {"exact": "circle", "bound": "square", "none": "x"}
LABEL = {"exact": "exact likelihood", "bound": "a bound", "none": "no likelihood"}
HEIGHT = 400


def _places() -> dict[str, tuple[float, float]]:
    """(x, y) of every node: families one below the other, a branch at the middle of its families."""
    rows = {family.name: -float(i) for i, family in enumerate(FAMILIES)}
    at = {name: (1.75, y) for name, y in rows.items()}
    for branch in BRANCHES:
        at[branch] = (0.9, float(np.mean([rows[f.name] for f in FAMILIES if f.branch == branch])))
    at["generative models"] = (0.0, float(np.mean([at[branch][1] for branch in BRANCHES])))
    return at


def tree(chosen: str, palette: Palette = LIGHT) -> Figure:
    """The tree with a ring around the chosen family.

    Trace 1 + k has the families with the k-th of LIKELIHOODS, in the order of FAMILIES.
    """
    at = _places()
    fig = theme.figure(palette, height=HEIGHT)
    _edges(fig, at, palette)
    for likelihood in LIKELIHOODS:
        _leaves(fig, at, likelihood, palette)
    _trunk(fig, at, palette)
    x, y = at[chosen]
    fig.add_scatter(x=[x], y=[y], mode="markers", hoverinfo="skip", showlegend=False,
                    marker={"size": 22, "symbol": "circle-open", "color": palette.accent, "line": {"width": 2}})
    fig.update_xaxes(visible=False, range=[-0.4, 3.3], fixedrange=True)
    fig.update_yaxes(visible=False, range=[-len(FAMILIES) + 0.3, 0.7], fixedrange=True)
    fig.update_layout(margin={"l": 0, "r": 0, "t": 28, "b": 0})
    return fig


def tree_alt(chosen: str) -> str:
    """The numbers of `tree` in a sentence."""
    counts = {word: sum(f.likelihood == kind for f in FAMILIES) for kind, word in LABEL.items()}
    return (f"Tree of {len(FAMILIES)} families of generative models: "
            + ", ".join(f"{count} with {word}" for word, count in counts.items()) + f". {chosen} is chosen.")


def clicked(trace: int, point: int) -> str | None:
    """The name of the family at this point of this trace, None where there is none."""
    if not 1 <= trace <= len(LIKELIHOODS):
        return None
    names = [family.name for family in FAMILIES if family.likelihood == LIKELIHOODS[trace - 1]]
    return names[point] if 0 <= point < len(names) else None


def _edges(fig: Figure, at: dict[str, tuple[float, float]], palette: Palette) -> None:
    pairs = [("generative models", branch) for branch in BRANCHES] + [(f.branch, f.name) for f in FAMILIES]
    x: list[float | None] = []
    y: list[float | None] = []
    for start, end in pairs:
        (x0, y0), (x1, y1) = at[start], at[end]
        x += [x0, (x0 + x1) / 2, (x0 + x1) / 2, x1, None]
        y += [y0, y0, y1, y1, None]
    fig.add_scatter(x=x, y=y, mode="lines", hoverinfo="skip", showlegend=False,
                    line={"color": palette["data"], "width": 1.2, "shape": "linear"})


def _leaves(fig: Figure, at: dict[str, tuple[float, float]], likelihood: str, palette: Palette) -> None:
    families = [family for family in FAMILIES if family.likelihood == likelihood]
    fig.add_scatter(
        x=[at[f.name][0] for f in families], y=[at[f.name][1] for f in families], mode="markers+text",
        text=[f"  {f.name}" for f in families], textposition="middle right", name=LABEL[likelihood],
        textfont={"color": palette.ink}, cliponaxis=False,
        marker={"color": palette[MEANING[likelihood]], "symbol": MARKER[likelihood], "size": 11},
        hovertemplate="%{text}<extra></extra>")


def _trunk(fig: Figure, at: dict[str, tuple[float, float]], palette: Palette) -> None:
    names = ["generative models", *BRANCHES]
    fig.add_scatter(x=[at[name][0] for name in names], y=[at[name][1] for name in names], mode="markers+text",
                    text=[name.replace(" ", "<br>", 1) for name in names], textposition="top center",
                    textfont={"color": palette.ink, "size": 12}, hoverinfo="skip", showlegend=False, cliponaxis=False,
                    marker={"color": palette["data"], "size": 5})
