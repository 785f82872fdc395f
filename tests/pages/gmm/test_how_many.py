"""The mixture page's part "How many?": what it says of K, and where its curves differ from the fit."""

from itertools import pairwise

import pytest

from dgm import datasets
from dgm.gmm import selection
from pages.gmm import how_many, state
from tests.pages.visitor import Visitor

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
