"""The mixture page's fourth part: EM beside k-means, from the same start."""

import math
from typing import NamedTuple

import numpy as np
import streamlit as st
import torch

from dgm import gmm
from pages.gmm import results, script, settings
from pages.gmm.figures import groupings, plane
from pages.gmm.results import Axes, EmRun, Setting
from ui import cache, controls, page, question, source_code

QUESTION = "groups"
SURE = 0.99     # a responsibility above it is a decision


class Comparison(NamedTuple):
    """EM's groups and k-means' groups of the same points from the same start."""

    em: np.ndarray      # (N,) most responsible components
    kmeans: np.ndarray  # (N,) nearest means, under EM's numbers
    means: np.ndarray   # (K, D) of k-means
    agreement: float    # adjusted Rand index
    changed: int        # points in another group
    inertia: float      # mean squared distance to the nearest mean


@cache.copied()
def comparison(setting: Setting, _run: EmRun) -> Comparison:
    """k-means from EM's own start; its groups get the numbers under which most points agree with EM."""
    from sklearn.metrics import adjusted_rand_score

    x, steps = _run.points.x, _run.trace.steps
    labels = gmm.e_step(x, steps[-1].params).resp.argmax(1)
    groups = gmm.kmeans(x, steps[0].params.means)
    order = gmm.match_groups(labels, groups.labels, setting.k)
    renamed = order[groups.labels]
    means = groups.means[order.argsort()]
    agreement = float(adjusted_rand_score(labels.numpy(), groups.labels.numpy()))
    return Comparison(labels.numpy(), renamed.numpy(), means.numpy(), agreement, int((labels != renamed).sum()),
                      groups.inertia)


def part() -> None:
    """EM's groups, and those of k-means beside them; their colours are the answer."""
    opening, stage, below, end = (st.container() for _ in range(4))
    chosen = settings.draw(below)
    with stage, st.container():    # for the spinner, so that it moves nothing else
        run = results.run(chosen.setting, chosen.points)
    both = comparison(chosen.setting, run)
    with opening:
        introduction()
    about = f"{chosen.setting}"
    with stage:
        compare(both, run, chosen.axes, revealed=question.revealed(QUESTION, about))
    with end:
        question_of_change(both.changed, len(both.em), about)
        page.section(lambda: code(chosen.setting, run, both))


def introduction() -> None:
    """k-means as a limit of EM."""
    page.introduction(
        "Give every component the same weight and the same round covariance σ²I. As σ shrinks to 0, each point belongs "
        "to its nearest mean alone. Then the two half-steps of EM are those of k-means.",
        page.term("q", r"q(z_n = k)") + r"\;\xrightarrow{\;\sigma \to 0\;}\; \begin{cases} 1 & \mu_k "
        r"\text{ nearest} \\ 0 & \text{else} \end{cases}", ("k-means", "responsibilities"))


def compare(both: Comparison, run: EmRun, axes: Axes, *, revealed: bool) -> None:
    """The figure with σ below it. revealed: whether the groups of k-means are shown."""
    figure = st.container()
    sigma = controls.draw("sigma")
    sure = certainty(both, run, sigma)
    with figure:
        side_by_side(both, run, axes, sure, revealed=revealed)
    unsure = int((sure < SURE).sum())
    st.caption("EM gives each point to its most responsible component, k-means to its nearest mean. "
               f"Round components of this σ at the means of k-means leave {unsure} of {len(sure)} points without a "
               f"responsibility above {SURE}. The less sure a point, the fainter it is beside the means of k-means.")


def certainty(both: Comparison, run: EmRun, sigma: float) -> np.ndarray:
    """(N,): the largest responsibility of each point under round components at the means of k-means.

    sigma: in root mean square deviations of the data's columns.
    """
    x, k = run.points.x, len(both.means)
    variance = (sigma**2) * float(x.var(0, correction=0).mean())
    covs = variance * torch.eye(x.shape[1], dtype=torch.float64).expand(k, -1, -1)
    round_mixture = gmm.Params(torch.full((k,), -math.log(k), dtype=torch.float64), torch.from_numpy(both.means), covs)
    found: np.ndarray = gmm.e_step(x, round_mixture).resp.amax(1).numpy()
    return found


def question_of_change(changed: int, n: int, about: str) -> None:
    """How many of n points change group."""
    question.number(
        QUESTION, "k-means starts from the same means as EM. How many points does it put into another group?",
        truth=lambda: float(changed), about=about,
        why=lambda exact: "k-means measures distance in the data's units and knows no shapes. A column with large "
        "numbers decides almost alone.",
        low=0, high=n, start=n // 10, step=1, unit="points", form="{:.0f}")


def side_by_side(both: Comparison, run: EmRun, axes: Axes, sure: np.ndarray, *, revealed: bool) -> None:
    """EM and k-means side by side, on two columns. sure: (N,) of the round components."""
    theta = plane.marginal(run.last.params, axes)
    shown = results.drawn(run.points, axes, len(theta.weights))
    rows = shown.rows.numpy()
    page.figure(
        groupings.side_by_side(
            shown.places, theta, both.em[rows], both.kmeans[rows] if revealed else None,
            both.means[:, list(axes)], soft=sure[rows], columns=shown.columns, palette=page.palette()),
        key="kmeans", alt=groupings.side_by_side_alt(
            both.changed if revealed else None, both.agreement, len(both.em), int((sure < SURE).sum())))


def code(setting: Setting, run: EmRun, both: Comparison) -> None:
    """What ran, and a script with the same numbers; the answer is in it once the question is answered."""
    numbers = {"log p(x)": run.last.log_lik, "inertia": both.inertia}
    rest = """
        groups = gmm.kmeans(x, trace.steps[0].params.means)
        numbers = {"log p(x)": last.log_lik, "inertia": groups.inertia}
    """
    if question.revealed(QUESTION, f"{setting}"):
        numbers |= {"points that change group": float(both.changed)}
        rest += f"""
        labels = gmm.e_step(x, last.params).resp.argmax(1)
        names = gmm.match_groups(labels, groups.labels, {setting.k})
        numbers["points that change group"] = int((labels != names[groups.labels]).sum())
    """
    source_code.show([gmm.lloyd, gmm.match_groups], heading="The formula", formula=r"\min_{\mu, z}\; \frac1N \sum_n "
                     r"\lVert\mathbf{x}_n - \mu_{z_n}\rVert^2", script=script.after_em(setting, run, rest),
                     numbers=numbers, own=script.own(run))
