"""The mixture page's fourth part: EM beside k-means, from the same start."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from dgm import gmm
from pages.gmm import fit_view, results, settings
from pages.gmm import script as gmm_code
from pages.gmm.figures import plane as figures
from pages.gmm.figures.criteria import beside, beside_alt
from pages.gmm.results import Setting
from pages.gmm.settings import Chosen
from ui import cache, page, question, source_code

ASKED = "groups"


class Comparison(NamedTuple):
    """EM's groups and k-means' groups of the same points from the same start."""

    em: np.ndarray
    kmeans: np.ndarray
    means: np.ndarray
    agreement: float
    changed: int
    inertia: float      # mean squared distance to the nearest mean


@cache.copied(entries=32)
def comparison(setting: Setting) -> Comparison:
    """k-means from EM's own start; its groups get the numbers under which most points agree with EM."""
    from sklearn.metrics import adjusted_rand_score

    x, steps = results.of(setting).x, results.climb(setting).steps
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
    chosen = settings.settings()
    with chosen.stage:
        place = st.container()
        revealed = ask(chosen.setting)
    with place:
        if revealed:
            both(chosen)
        else:
            fit_view.show(chosen)
    claim()
    page.section(lambda: code(chosen.setting))


def ask(setting: Setting) -> bool:
    """How many points change group."""
    n = len(results.of(setting).x)
    return question.number(
        ASKED, "k-means starts from the same means as EM. How many points does it put into another group?",
        truth=lambda: float(comparison(setting).changed),
        why=lambda exact: "k-means is EM with one round, vanishing covariance and hard responsibilities: it measures "
        "distance in the data's units, so a column with large numbers decides alone.",
        low=0, high=n, start=n // 10, step=1, unit="points", form="{:.0f}")


def both(chosen: Chosen) -> None:
    """EM and k-means side by side."""
    two, rows = comparison(chosen.setting), chosen.rows.numpy()
    last = figures.theta(results.climb(chosen.setting).steps[-1].params, chosen.axes)
    page.figure(
        beside(chosen.x, last, two.em[rows], two.kmeans[rows], two.means[:, list(chosen.axes)],
               columns=chosen.columns, palette=page.palette()),
        key="kmeans", alt=beside_alt(two.agreement, two.changed, len(two.em)))


def claim() -> None:
    """k-means as a limit of EM."""
    page.claim(
        "Give every component the same weight and the same round covariance σ²I, and let it shrink: a point's "
        "responsibility then goes to its nearest mean alone, and EM's two half-steps become those of k-means.",
        page.term("q", r"q(z_n = k)") + r"\;\xrightarrow{\;\sigma \to 0\;}\; \Big[\, k = \arg\min_j "
        r"\lVert\mathbf{x}_n - \mu_j\rVert^2 \,\Big]")


def code(setting: Setting) -> None:
    """What ran, and a script with the same numbers; what was asked is in it once it may be known."""
    numbers = {"log p(x)": results.climb(setting).steps[-1].log_lik, "inertia": comparison(setting).inertia}
    script = """
        groups = gmm.kmeans(x, climb.steps[0].params.means)
        numbers = {"log p(x)": last.log_lik, "inertia": groups.inertia}
    """
    if question.revealed(ASKED):
        numbers |= {"points that change group": float(comparison(setting).changed)}
        script += f"""
        labels = gmm.e_step(x, last.params).resp.argmax(1)
        names = gmm.match_groups(labels, groups.labels, {setting.k})
        numbers["points that change group"] = int((labels != names[groups.labels]).sum())
    """
    source_code.show([gmm.lloyd, gmm.match_groups], formula=r"\min_{\mu, z}\; \frac1N \sum_n \lVert\mathbf{x}_n - "
                     r"\mu_{z_n}\rVert^2", script=gmm_code.after_climb(setting, script), numbers=numbers)
