"""What the mixture page shows below the climb: pies, density, k-means, and the sum of faint Gaussians."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import streamlit as st
import torch

from dgm import gmm, gmm_evidence, gmm_kmeans
from dgm.figures import gmm as figures
from dgm.figures import gmm_density
from dgm.figures.gmm import bounds_of
from dgm.figures.gmm_climb import beside, beside_alt
from dgm.figures.spec import Figure
from dgm.ui import controls, gmm_scene, lesson
from dgm.ui.gmm_scene import Setting

CELLS = 60      # of the density's grid, each way


class Shown(NamedTuple):
    """What a view is about: the climb's setting, the columns, the half-step where the hand left the film."""

    setting: Setting
    axes: tuple[int, int]
    at: int

    @property
    def film(self) -> gmm_scene.Film:
        return gmm_scene.film(self.setting, self.axes)

    @property
    def params(self) -> gmm.Params:
        return self.film.path[self.at].params

    @property
    def columns(self) -> tuple[str, str]:
        names = gmm_scene.of(self.setting).columns
        return names[self.axes[0]], names[self.axes[1]]


def pies(shown: Shown) -> None:
    """Responsibilities as pies; one component can be brought out."""
    film = shown.film
    resp = gmm_scene.responsibilities(gmm_scene.of(shown.setting).x[film.rows], film.path[shown.at])
    names = ["all", *(f"{j + 1}" for j in range(shown.setting.k))]
    chosen = controls.choice("Bring out component", "only", names, many=len(names) > 5)
    rows = slice(0, figures.PIE_LIMIT)
    at = figures.theta(shown.params, shown.axes)
    lesson.figure(
        figures.clusters(film.x[rows], resp[rows], at, shown.columns, lesson.palette(), pies=chosen == "all",
                         chosen=None if chosen == "all" else int(chosen) - 1, bounds=bounds_of(film.x)),
        key="pies", alt=figures.clusters_alt(resp, at, shown.columns))


def _grid(shown: Shown) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Axes and log density of the mixture's marginal on the two columns."""
    (low_u, low_v), (high_u, high_v) = bounds_of(shown.film.x)
    u, v = np.linspace(low_u, high_u, CELLS), np.linspace(low_v, high_v, CELLS)
    at = figures.theta(shown.params, shown.axes)
    marginal = gmm.Params(shown.params.log_weights, torch.from_numpy(at.means), torch.from_numpy(at.covs))
    grid = np.stack(np.meshgrid(u, v), -1).reshape(-1, 2)
    return u, v, gmm.log_prob(grid, marginal).numpy().reshape(CELLS, CELLS)


def _density(shown: Shown, draw: Callable[[np.ndarray, np.ndarray, np.ndarray], Figure], key: str) -> None:
    u, v, log_density = _grid(shown)
    row, column = np.unravel_index(log_density.argmax(), log_density.shape)
    lesson.figure(draw(u, v, log_density), key=key,
                  alt=gmm_density.density_alt(shown.setting.k, (float(u[column]), float(v[row]))))


def contour(shown: Shown) -> None:
    """The density from above."""
    _density(shown, lambda u, v, log_p: gmm_density.contour(shown.film.x, u, v, log_p, columns=shown.columns,
                                                            palette=lesson.palette()), "contour")


def surface(shown: Shown) -> None:
    """The density as a landscape."""
    _density(shown, lambda u, v, log_p: gmm_density.surface(u, v, log_p, columns=shown.columns,
                                                            palette=lesson.palette()), "surface")


VIEWS: dict[str, Callable[[Shown], None]] = {"pies": pies, "density": contour, "surface": surface}


class Comparison(NamedTuple):
    """EM's groups and k-means' groups of the same points from the same start."""

    em: np.ndarray
    kmeans: np.ndarray
    means: np.ndarray
    agreement: float
    changed: int


@st.cache_data(max_entries=32, show_spinner=False)
def comparison(setting: Setting) -> Comparison:
    """k-means from EM's own start; group names are matched by EM's component that most of a group fell to."""
    x = gmm_scene.of(setting).x
    steps = gmm_scene.climb(setting).steps
    labels = gmm.e_step(x, steps[-1].params).resp.argmax(1)
    groups = gmm_kmeans.kmeans(x, steps[0].params.means)
    order = gmm_kmeans.matching(labels, groups.labels, setting.k)
    renamed = order[groups.labels]
    means = groups.means[order.argsort()]
    return Comparison(labels.numpy(), renamed.numpy(), means.numpy(), gmm_kmeans.agreement(labels, groups.labels),
                      int((labels != renamed).sum()))


def kmeans(shown: Shown) -> None:
    """EM and k-means side by side."""
    both, film, rows = comparison(shown.setting), shown.film, shown.film.rows.numpy()
    last = figures.theta(gmm_scene.climb(shown.setting).steps[-1].params, shown.axes)
    lesson.figure(
        beside(film.x, last, both.em[rows], both.kmeans[rows], both.means[:, list(shown.axes)],
               columns=shown.columns, palette=lesson.palette()),
        key="kmeans", alt=beside_alt(both.agreement, both.changed, len(both.em)))


class Point(NamedTuple):
    """p(x) at one place, exact and estimated."""

    exact: float
    estimate: float
    error: float


def evidence_at(curve: gmm_evidence.Curve, x: float, samples: int, seed: int) -> Point:
    """The exact density at x and its naive Monte Carlo estimate with standard error."""
    place = torch.tensor([x], dtype=torch.float64)
    run = gmm_evidence.monte_carlo(place, curve, samples, seed)
    return Point(float(gmm_evidence.evidence(place, curve).exp()), float(run.value), float(run.error))


def faint(curve: gmm_evidence.Curve, at: float, samples: int, seed: int) -> None:
    """The sum of faint Gaussians beside the exact density."""
    reach = 3 * abs(curve.slope) + abs(curve.swing) + 3 * curve.noise
    x = torch.linspace(-reach, reach, 240, dtype=torch.float64)
    run, point = gmm_evidence.monte_carlo(x, curve, samples, seed), evidence_at(curve, at, samples, seed)
    pieces = run.pieces[:: max(1, samples // 60)].numpy()
    lesson.figure(
        gmm_density.faint(x.numpy(), gmm_evidence.evidence(x, curve).exp().numpy(), pieces, run.value.numpy(),
                          run.error.numpy(), at=at, palette=lesson.palette()),
        key="faint", alt=gmm_density.faint_alt(samples, at, *point))
