"""The figure of f and q: heights, slopes and places as they are, for every cost, in both themes."""

import numpy as np
import pytest
import torch

from dgm.gradients import COSTS, Cost, noise
from dgm.gradients.costs import sampled_bound
from dgm.gradients.formula_parser import formula
from pages.gradients.figures import setting as figures
from tests.ui.figures.checked import checked
from ui.figures.spec import Figure
from ui.figures.theme import DARK, LIGHT, Palette

COST_CASES = {**{name: make(2.0) for name, make in COSTS.items()}, "sampled bound": sampled_bound(2.0, 0.4, 0.6),
         "step": formula("step(x)"), "log": formula("log(x)"), "raised": COSTS["cosine"](3.0).plus(50.0)}


def trace(fig: Figure, name: str) -> dict[str, np.ndarray]:
    return next(candidate for candidate in fig.data if candidate["name"] == name)


def drawn(cost: Cost, palette: Palette = LIGHT, mu: float = 0.4, sigma: float = 0.1) -> Figure:
    return figures.gaussian(cost, mu, sigma, mu + sigma * noise(8, 0), palette)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", list(COST_CASES))
def test_every_cost_is_drawn_and_described(name: str, palette: Palette) -> None:
    fig = drawn(COST_CASES[name], palette)
    checked(fig)
    assert fig.layout["meta"]["saved"]["layout"]["showlegend"]
    low, high = fig.layout["yaxis"]["range"]
    assert low <= 0 <= high
    alt = figures.gaussian_alt(COST_CASES[name], 0.4, 0.1, 0.4 + 0.1 * noise(8, 0))
    assert alt.endswith(".")
    assert "nan" not in alt
    assert "8 draws" in alt


@pytest.mark.parametrize("sigma", [0.02, 0.5, 3.0])
def test_heights_and_slopes_are_those_of_f(sigma: float) -> None:
    cost, z = COSTS["cosine"](2.0), 0.4 + sigma * noise(8, 0)
    fig = drawn(cost, sigma=sigma)
    assert trace(fig, "heights f(z)")["y"] == pytest.approx(torch.cos(2 * z).numpy(), abs=1e-6)
    x, y = (trace(fig, "slopes f′(z)")[axis].reshape(-1, 3)[:, :2] for axis in "xy")
    found = (y[:, 1] - y[:, 0]) / (x[:, 1] - x[:, 0])
    assert found == pytest.approx((-2 * torch.sin(2 * z)).numpy(), abs=2e-3)


def test_slopes_of_a_step_are_zero() -> None:
    y = trace(drawn(COST_CASES["step"]), "slopes f′(z)")["y"].reshape(-1, 3)
    assert (y[:, 0] == y[:, 1]).all()


def test_drawing_changes_no_input() -> None:
    z = noise(8, 0)
    before = z.clone()
    figures.gaussian(COSTS["quadratic"](1.0), 0.0, 1.0, z)
    figures.categorical(COSTS["quadratic"](1.0), z, torch.full((8,), 0.125))
    assert torch.equal(z, before)


def test_bars_are_proportional_to_the_probabilities() -> None:
    at, probs = torch.tensor([-1.0, 0.0, 1.5]), torch.tensor([0.5, 0.2, 0.3])
    fig = figures.categorical(COSTS["quadratic"](2.0), at, probs)
    checked(fig)
    bars = trace(fig, "probability of a place")
    assert bars["y"] / bars["y"].sum() == pytest.approx(probs.numpy())
    assert trace(fig, "heights f(z)")["y"].tolist() == [9.0, 4.0, 0.25]
    assert "z = 1.5: probability 0.3000, f 0.25" in figures.categorical_alt(COSTS["quadratic"](2.0), at, probs)
