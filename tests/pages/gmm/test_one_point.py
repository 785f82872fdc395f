"""One point's responsibility on the mixture page: the gap of a dragged q, the figures, and the link."""

import math
from typing import Any

import numpy as np
import pytest

from dgm import gmm
from dgm.datasets import load
from pages.gmm import em_questions
from pages.gmm.figures import one_point
from tests.pages.visitor import Visitor, figures
from tests.ui.figures.checked import checked
from ui.components.edits import Edits, Moved
from ui.figures import lookup, theme

X = load("faithful").x
THETA = gmm.trace(X, gmm.init(X, 3), max_steps=3).steps[-1].params
ROW = 6
POSTERIOR = gmm.e_step(X, THETA).resp[ROW].numpy()


def by_hand(share: float) -> tuple[float, float]:
    """The bound of the point and its log p(x), from the definition with all components."""
    resp = gmm.e_step(X, THETA).resp[ROW]
    log_p = float(gmm.log_prob(X, THETA)[ROW])
    best = int(resp.argmax())
    q = resp * (1 - share) / (1 - resp[best])
    q[best] = share
    inside = q > 0
    return log_p - float((q[inside] * (q[inside] / resp[inside]).log()).sum()), log_p


@pytest.mark.parametrize("share", [0.0, 0.25, 0.8, 1.0])
def test_the_gap_is_the_divergence_of_q_from_the_posterior(share: float) -> None:
    point = em_questions.at_point(X, THETA, ROW, POSTERIOR, share)
    bound, log_p = by_hand(share)
    assert point.bound == pytest.approx(bound, abs=1e-9)
    assert point.log_lik == pytest.approx(log_p, abs=1e-9)
    assert point.q.sum() == pytest.approx(1)
    assert (point.bounds <= point.log_lik + 1e-12).all()


@pytest.mark.parametrize("q", [POSTERIOR, np.full(3, 1 / 3), np.array([0.2, 0.1, 0.7]), np.eye(3)[POSTERIOR.argmax()]])
def test_without_a_drag_q_is_that_of_the_half_step(q: np.ndarray) -> None:
    point = em_questions.at_point(X, THETA, ROW, q, None)
    inside = q > 0
    divergence = float((q[inside] * np.log(q[inside] / POSTERIOR[inside])).sum())
    assert point.log_lik - point.bound == pytest.approx(divergence, abs=1e-9)
    np.testing.assert_allclose(point.q, q, atol=1e-12)


@pytest.mark.parametrize(("step", "begins"), [("0", "At the start q is uniform"), ("1", "E has just set q"),
                                              ("2", "what the last E made of it")])
def test_one_point_begins_with_the_q_of_the_half_step(step: str, begins: str) -> None:
    visitor = Visitor("gmm", {"part": "EM", "step": step})
    bars, gap = (figure["alt"] for figure in figures(visitor.at) if "Point 1:" in figure["alt"]
                 or "of the point is" in figure["alt"])
    assert any(begins in caption.value for caption in visitor.at.caption)
    assert ("its q is 0.500" in bars) == (step == "0")
    assert ("the gap 0.000 nats" in gap) == (step == "1")


def test_the_axis_reaches_the_bound_of_a_point_far_from_its_q() -> None:
    point = em_questions.at_point(X, THETA, int(gmm.log_prob(X, THETA).argmin()), np.full(3, 1 / 3), None)
    far = point._replace(bound=point.log_lik - 40.0)
    for one in (point, far):
        low, high = checked(one_point.gap(one)).layout.xaxis.range
        assert low < one.bound <= one.log_lik < high


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_the_figures_and_what_the_browser_reads(palette: theme.Palette) -> None:
    point = em_questions.at_point(X, THETA, ROW, POSTERIOR, 0.25)
    figure, drag = one_point.bars(point, palette)
    fig = checked(figure)
    assert list(fig.data[1].y) == pytest.approx(list(point.q))
    assert list(fig.data[drag["trace"]].y) == [0.25]
    gap = checked(one_point.gap(point, palette))
    assert gap.data[0].base[0] + gap.data[0].x[0] == pytest.approx(point.log_lik)
    read = lookup.read(point.bounds, [lookup.SHARE_AXIS], [np.array([math.asin(math.sqrt(0.7))])])
    assert float(read[0]) == pytest.approx(by_hand(0.7)[0], abs=1e-3)
    assert all("nats" in text or "q is" in text for text in one_point.alt(point, ROW + 1))


def test_a_certain_point_has_a_q_too() -> None:
    certain = np.array([1.0, 0.0, 0.0])
    point = one_point.OnePoint(0, 0.4, certain, -3.0, -2.0, np.zeros(401), one_point.ratios(certain, certain, 0))
    assert point.q.tolist() == pytest.approx([0.4, 0.3, 0.3])


def test_a_drag_is_kept_for_its_point_and_half_step_alone() -> None:
    link = {"part": "EM", "step": "3", "k": "3", "point": "7"}
    before = [figure["alt"] for figure in figures(Visitor("gmm", link).at)]
    written: dict[str, Any] = {}
    visitor = Visitor("gmm", link)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(em_questions.controls, "set_value", written.__setitem__)
        bases: list[Any] = []
        patch.setattr(em_questions, "_share", bases.append)
        visitor.run()
        em_questions._keep(bases[-1], Edits(moved=(Moved(0, 1.0, 0.3),)))
    assert written["share"].endswith("_0.3000")
    after = [figure["alt"] for figure in figures(Visitor("gmm", link | {"share": written["share"]}).at)]
    assert "its q is 0.300" in " ".join(after)
    assert "its q is 0.300" not in " ".join(before)
    other = Visitor("gmm", link | {"share": written["share"], "point": "8"})
    assert "its q is 0.300" not in " ".join(figure["alt"] for figure in figures(other.at))


@pytest.mark.parametrize("raw", ["x", "_", "9f0a_2", "9f0a_nan", "1_1_1"])
def test_a_share_that_is_none_leaves_q_as_it_is(raw: str) -> None:
    visitor = Visitor("gmm", {"part": "EM", "step": "3", "share": raw})
    assert "the gap 0.000 nats" in " ".join(figure["alt"] for figure in figures(visitor.at))


