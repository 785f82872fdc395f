"""The mixture page's fourth part: EM beside k-means, from the same start."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from dgm import gmm
from pages.gmm import fit_view, results, script, settings
from pages.gmm.figures import groupings, plane
from pages.gmm.results import Axes, EmRun, Setting
from ui import cache, page, question, source_code

QUESTION = "groups"


class Comparison(NamedTuple):
    """EM's groups and k-means' groups of the same points from the same start."""

    em: np.ndarray      # (N,) most responsible components
    kmeans: np.ndarray  # (N,) nearest means, under EM's numbers
    means: np.ndarray   # (K, D) of k-means
    agreement: float    # adjusted Rand index
    changed: int        # points in another group
    inertia: float      # mean squared distance to the nearest mean


@cache.copied(entries=32)
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
    """EM's groups; once predicted, those of k-means beside them."""
    above, stage = st.container(), st.container()
    chosen = settings.draw(above)
    with stage, st.container():    # for the spinner, so that it moves nothing else
        run = results.run(chosen.setting, chosen.points)
    both = comparison(chosen.setting, run)
    with stage:
        figure = st.container()
        revealed = question_of_change(both.changed, len(both.em))
    with figure:
        if revealed:
            side_by_side(both, run, chosen.axes)
        else:
            fit_view.show(run, chosen.axes)
    claim()
    page.section(lambda: code(chosen.setting, run, both))


def question_of_change(changed: int, n: int) -> bool:
    """How many of n points change group: the question; True once the answer may be shown."""
    return question.number(
        QUESTION, "k-means starts from the same means as EM. How many points does it put into another group?",
        truth=lambda: float(changed),
        why=lambda exact: "k-means is EM with one round, vanishing covariance and hard responsibilities: it measures "
        "distance in the data's units, so a column with large numbers decides alone.",
        low=0, high=n, start=n // 10, step=1, unit="points", form="{:.0f}")


def side_by_side(both: Comparison, run: EmRun, axes: Axes) -> None:
    """EM and k-means side by side, on two columns."""
    theta = plane.marginal(run.last.params, axes)
    shown = results.drawn(run.points, axes, len(theta.weights))
    rows = shown.rows.numpy()
    page.figure(
        groupings.side_by_side(shown.places, theta, both.em[rows], both.kmeans[rows], both.means[:, list(axes)],
                               columns=shown.columns, palette=page.palette()),
        key="kmeans", alt=groupings.side_by_side_alt(both.agreement, both.changed, len(both.em)))


def claim() -> None:
    """k-means as a limit of EM."""
    page.claim(
        "Give every component the same weight and the same round covariance σ²I, and let it shrink: a point's "
        "responsibility then goes to its nearest mean alone, and EM's two half-steps become those of k-means.",
        page.term("q", r"q(z_n = k)") + r"\;\xrightarrow{\;\sigma \to 0\;}\; \Big[\, k = \arg\min_j "
        r"\lVert\mathbf{x}_n - \mu_j\rVert^2 \,\Big]")


def code(setting: Setting, run: EmRun, both: Comparison) -> None:
    """What ran, and a script with the same numbers; the answer is in it once the question is answered."""
    numbers = {"log p(x)": run.last.log_lik, "inertia": both.inertia}
    rest = """
        groups = gmm.kmeans(x, trace.steps[0].params.means)
        numbers = {"log p(x)": last.log_lik, "inertia": groups.inertia}
    """
    if question.revealed(QUESTION):
        numbers |= {"points that change group": float(both.changed)}
        rest += f"""
        labels = gmm.e_step(x, last.params).resp.argmax(1)
        names = gmm.match_groups(labels, groups.labels, {setting.k})
        numbers["points that change group"] = int((labels != names[groups.labels]).sum())
    """
    source_code.show([gmm.lloyd, gmm.match_groups], formula=r"\min_{\mu, z}\; \frac1N \sum_n \lVert\mathbf{x}_n - "
                     r"\mu_{z_n}\rVert^2", script=script.after_em(setting, run.max_steps, rest), numbers=numbers)
