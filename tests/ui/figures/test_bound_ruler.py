"""ui.figures.bound_ruler: the bars and lines have the values of the terms."""

from collections.abc import Callable

import pytest

from tests.ui.figures.checked import assert_themes_and_size, checked
from ui.figures import bound_ruler
from ui.figures.spec import Figure
from ui.figures.theme import Palette

OPEN, CLOSED = bound_ruler.Terms(-165.55, 6.28, -165.11, 0.2), bound_ruler.Terms(3.5, 0.0, 3.5)
FIGURES: dict[str, Callable[[Palette], Figure]] = {
    "ruler": lambda p: bound_ruler.ruler(OPEN, p),
    "ruler of a closed gap": lambda p: bound_ruler.ruler(CLOSED, p, unit="bits"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_both_themes_and_small(name: str) -> None:
    assert_themes_and_size(FIGURES[name])


@pytest.mark.parametrize("terms", [OPEN, CLOSED])
def test_the_rulers_bars_lead_from_the_reconstruction_to_log_p(terms: bound_ruler.Terms) -> None:
    fig = checked(bound_ruler.ruler(terms))
    reconstruction, kl, gap = fig.data
    ends = [bar.base[0] + bar.x[0] for bar in (reconstruction, kl, gap)]
    assert ends == pytest.approx([terms.reconstruction, terms.bound, terms.evidence])
    assert [bar.error_x.visible for bar in fig.data] == [bool(terms.error), False, False]
    assert [line.x0 for line in fig.layout.shapes] == [words.x for words in fig.layout.annotations]
    assert (kl.base[0], gap.base[0]) == pytest.approx((terms.reconstruction, terms.bound))
    assert f"{terms.evidence:.2f}" in bound_ruler.ruler_alt(terms)
