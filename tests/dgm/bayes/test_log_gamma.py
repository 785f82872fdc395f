"""dgm.bayes.log_gamma against sums of logarithms."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dgm.bayes.log_gamma import log_beta, log_beta_ratio, log_rising


@settings(max_examples=80, deadline=None)
@given(a=st.floats(1e-3, 1e9), b=st.floats(1e-3, 1e9), h=st.integers(0, 12), t=st.integers(0, 12))
def test_log_beta_ratio_is_the_urn(a: float, b: float, h: int, t: int) -> None:
    terms = [math.log(a + i) for i in range(h)] + [math.log(b + i) for i in range(t)]
    expected = math.fsum(terms + [-math.log(a + b + i) for i in range(h + t)])
    assert log_beta_ratio(a, b, h, t) == pytest.approx(expected, rel=1e-12, abs=1e-9 if min(a, b) < 10 else 1e-12)
    assert log_rising(a, h) == pytest.approx(math.fsum(terms[:h]), rel=1e-12, abs=1e-12)
    assert log_beta(a, b) == pytest.approx(log_beta(b, a), rel=1e-14)
