"""The fifth part: the same observations with z known and with z unknown, as two functions of one mean."""

from typing import NamedTuple

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from dgm import elbo, gmm
from pages.elbo import waiting
from pages.elbo.figures import two_likelihoods as figures
from pages.elbo.figures.two_likelihoods import Likelihoods
from pages.elbo.state import MEAN
from ui import cache, controls, page, question, source_code

ADDED = 95.0        # minutes: the observation that the question adds


class Drawing(NamedTuple):
    """How the observations are drawn."""

    pairs: int
    overlap: float      # of the deviations, times those that were fitted
    seed: int

    @property
    def theta(self) -> gmm.Params:
        return waiting.widened(self.overlap)


class Pairs(NamedTuple):
    """Observations and their z, drawn from the mixture that was fitted to Old Faithful."""

    x: Tensor           # (N, 1)
    labels: Tensor      # (N,)


def part() -> None:
    """Both functions over the moved mean, and the data as each of them sees them."""
    chosen, at = Drawing(*map(controls.value, ("pairs", "overlap", "pair_seed"))), controls.value("at")
    pairs, found = draw(chosen), likelihoods(chosen)
    complete, incomplete = found.at(at)
    page.introduction(
        "If z were known, each observation would count for its own component alone, and the best mean would be an "
        "average. z is unknown, so we maximise the **incomplete** likelihood, which sums over z.",
        r"\begin{gathered}" + page.term("likelihood", r"\sum_i \log p(\mathbf{x}_i, \mathbf{z}_i|\theta)")
        + r"\quad\text{or} \\ " + page.term(
            "evidence", r"\sum_i \log \sum_{\mathbf{z}_i} p(\mathbf{x}_i, \mathbf{z}_i|\theta)") + r"\end{gathered}",
        ("complete likelihood", "incomplete likelihood", "latent variable", "nat"))
    left, right = st.columns(2)
    palette = page.palette()
    with left:
        page.figure(figures.curves(found, at, "mean of component 1, minutes", palette), key="two likelihoods",
                    alt=figures.curves_alt(found, at))
    with right:
        x, labels = pairs.x[:, 0].numpy(), pairs.labels.numpy()
        grid = np.linspace(40.0, 105.0, 131)
        page.figure(figures.data(x, labels, palette, grid=grid,
                                 parts=waiting.parts_at(grid, at, chosen.overlap)), key="drawn pairs",
                    alt=figures.data_alt(x, labels, at))
    for place, name in zip(st.columns(4), ("at", "pairs", "overlap", "pair_seed"), strict=True):
        with place:
            controls.draw(name)
    page.claim("Here z is 1 or 2. So p(x, z) is one term of the sum p(x), and the complete function lies below. (For a "
               "continuous z the density p(x, z) has no such limit.) Its maximum is at the mean of the observations "
               "with z = 1. For the incomplete one there is no such formula.",
               page.term("likelihood", r"\tfrac1n \log p(\mathbf{X}, \mathbf{Z}|\theta)", f"{complete:z.3f}", "nats")
               + r"\le" + page.term("evidence", r"\tfrac1n \log p(\mathbf{X}|\theta)", f"{incomplete:z.3f}", "nats"))
    _question(pairs, chosen)
    page.section(lambda: _code(found, chosen))


@cache.shared()
def draw(chosen: Drawing) -> Pairs:
    """Pairs (x, z) of the mixture."""
    found = gmm.sample(chosen.theta, chosen.pairs, chosen.seed)
    return Pairs(found.x, found.z)


@cache.copied()
def likelihoods(chosen: Drawing) -> Likelihoods:
    """Both functions over the mean of the first component."""
    pairs, moving, theta = draw(chosen), waiting.MOVING[MEAN], chosen.theta
    values = moving.values
    return Likelihoods(values.numpy(),
                       elbo.complete_curve(pairs.x, theta, moving.coordinate, pairs.labels, values).numpy(),
                       elbo.likelihood_curve(pairs.x, theta, moving.coordinate, values).numpy())


def _question(pairs: Pairs, chosen: Drawing) -> None:
    """How far one more observation moves the best mean, where z is known."""
    mine = pairs.x[pairs.labels == waiting.COMPONENT, 0]
    if not len(mine):       # then the complete likelihood has no best mean
        return
    before = float(mine.mean())
    after = float(torch.cat([mine, mine.new_tensor([ADDED])]).mean())

    def why(exact: float) -> str:
        return (f"With z known the best mean is an average of {len(mine)} observations, {before:.2f} minutes. The new "
                f"one has a share of 1/{len(mine) + 1} in it. Without z each observation has a weight between 0 and "
                "1, which depends on θ itself.")

    question.number("added", f"One more observation of {ADDED:g} minutes arrives, with z = 1 known. By how many "
                    "minutes does the best mean of the complete likelihood move?", truth=lambda: after - before,
                    why=why, low=-1.0, high=3.0 if after - before < 3 else 20.0, start=0.0, step=0.01,
                    unit="minutes", about=f"{chosen}")


def _code(found: Likelihoods, chosen: Drawing) -> None:
    numbers = {"best mean with z": found.best(True)[0], "best mean without z": found.best(False)[0]}
    script = f"""import torch
from dgm import datasets, elbo, gmm
theta = gmm.fit(datasets.load("faithful").x[:, 1:2].double(), 2).params
theta = theta._replace(covs=theta.covs * {chosen.overlap!r}**2)
pairs = gmm.sample(theta, {chosen.pairs}, {chosen.seed})
coordinate = elbo.{waiting.MOVING[MEAN].coordinate!r}
values = torch.linspace({waiting.MEANS[0]!r}, {waiting.MEANS[1]!r}, {waiting.PLACES}, dtype=torch.float64)
known = elbo.complete_curve(pairs.x, theta, coordinate, pairs.z, values)
hidden = elbo.likelihood_curve(pairs.x, theta, coordinate, values)
numbers = {{"best mean with z": elbo.curve_top(values, known)[0],
           "best mean without z": elbo.curve_top(values, hidden)[0]}}"""
    source_code.show([elbo.complete_curve, elbo.likelihood_curve], formula=(
        r"\log p(\mathbf{X}, \mathbf{Z}|\theta) = \sum_i \log p(\mathbf{x}_i, \mathbf{z}_i|\theta), \qquad "
        r"\log p(\mathbf{X}|\theta) = \sum_i \log \int p(\mathbf{x}_i, \mathbf{z}_i|\theta)\, d\mathbf{z}_i"),
        script=script, numbers=numbers)


__all__ = ["draw", "likelihoods", "part"]
