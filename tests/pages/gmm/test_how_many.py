"""The mixture page's part "How many?": what it says of K, and where its curves differ from the fit."""

from itertools import pairwise

import pytest

from dgm import datasets, gmm
from dgm.gmm import selection
from pages.gmm import how_many, results, state
from pages.gmm.figures import criteria
from tests.pages.visitor import Visitor
from tests.ui.figures.checked import checked

PART = {"part": "How many?"}


def test_the_explanation_is_true_where_the_criterion_rises_again() -> None:
    """Old Faithful with diagonal covariances: -BIC / 2N is largest at 3, and at 5 larger than at 4."""
    x = datasets.load("faithful").x
    row = [selection.candidate(x, k, "diag", tol=1e-4) for k in range(1, 9)]
    best = selection.best(row)
    assert any(after.bic_per_point > before.bic_per_point for before, after in pairwise(row[best.k - 1:]))
    assert all(best.bic_per_point >= one.bic_per_point for one in row)
    text = Visitor("gmm", {**PART, "cov": "diag", "reveal": "1"}).texts()
    assert how_many.why_k(best.k, 8) in text
    assert f"From K = {best.k} on" not in text


@pytest.mark.parametrize(("k", "words"), [(1, ("More",)), (3, ("More", "Fewer")), (8, ("Fewer",))])
def test_the_explanation_names_only_k_that_are_compared(k: int, words: tuple[str, ...]) -> None:
    assert tuple(word for word in ("More", "Fewer") if f"{word} components" in how_many.why_k(k, 8)) == words


@pytest.mark.parametrize(("link", "said"), [
    ({}, ""), ({"floor": state.EXACT}, "covariance floor"), ({"restarts": "3"}, "one k-means++ start"),
    ({"start": "random points"}, "one k-means++ start")])
def test_the_page_says_where_the_curves_differ_from_the_fit(link: dict[str, str], said: str) -> None:
    text = Visitor("gmm", {**PART, **link}).texts()
    assert ("For every K the curves use" in text) == bool(said)
    assert said in text


def test_one_k_alone_is_no_question() -> None:
    page = Visitor("gmm", {**PART, "own": "1_1_2_3_4_2_5_5"})
    assert page.keys("commit ") == []
    assert "Only K = 1 is compared for 4 points" in page.texts()


@pytest.mark.parametrize("k", ["3", "5"])
def test_formula_and_curves_have_one_number_for_each_k(k: str) -> None:
    """Old Faithful: at a smaller tolerance the fits of the formula were up to 0.03 nats better than the curve's."""
    page = Visitor("gmm", {**PART, "k": k})
    setting = results.Setting("faithful", "", int(k), "full", "k-means++", 0, gmm.FLOOR)
    fit = results.fits(setting, results.registry_points("faithful"))[int(k) - 1]
    assert f"{{{fit:.4f}\\,\\text{{nats per point}}}}" in " ".join(element.value for element in page.at.latex)


def test_stars_are_on_the_curves_that_the_caption_names() -> None:
    found = [selection.Candidate(k, -4.0 + k / 9, aic, bic, held, 0.1, None)    # type: ignore[arg-type]
             for k, aic, bic, held in ((1, -5, -5, -5), (2, -4.2, -4.1, -4.3), (3, -4.1, -4.2, -4.2))]
    fig = checked(criteria.criteria([one.log_lik for one in found], found))
    stars = {trace.name: trace.x[0] for trace in fig.data if trace.marker.symbol == "star"}
    assert stars == {"the largest of −AIC / 2N": 3, "the largest of −BIC / 2N": 2, "the largest of held-out points": 3}
    text = Visitor("gmm", {**PART, "own": "1_1_2_3_4_2_5_5_2_2_3_1_4_4_6_5", "reveal": "1"}).texts()
    assert "A star marks the largest value of −AIC, −BIC and the held-out points" in text


@pytest.mark.parametrize(("now", "anchor"), [(1, "left"), (3, "right")])
def test_the_label_of_k_stays_inside_the_figure(now: int, anchor: str) -> None:
    fig = checked(criteria.criteria([-5, -4, -3], None, now=now))
    assert fig.layout.annotations[0].xanchor == anchor
