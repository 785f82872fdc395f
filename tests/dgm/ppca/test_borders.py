"""dgm.ppca at its borders: a theta of other columns, invariants that every function checks, and numbers that rounding
must not spoil."""

import math
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dgm import datasets, ppca
from dgm.errors import ArgumentError, DataError
from dgm.ppca import complete_likelihood, convergence, linear_vae, lower_bound, missing, selection, toy_data
from dgm.ppca.covariance_spectrum import Spectrum
from dgm.ppca.em_steps import bound, iterate
from dgm.ppca.model import Params
from dgm.ppca.selection import choose

X = datasets.load("iris").x.double()
THETA = ppca.fit(X, 2)
STEPS = list(islice(ppca.em(X, 2), 3))

OF_THETA_AND_X: dict[str, Callable[[Any, Any], Any]] = {
    "log_prob": ppca.log_prob, "log_likelihood": ppca.log_likelihood, "posterior": ppca.posterior,
    "reconstruct": ppca.reconstruct, "projection": lambda x, theta: ppca.reconstruct(x, theta, shrink=False),
    "impute": missing.impute, "missing.iterate": missing.iterate, "bound_terms": lower_bound.bound_terms,
    "complete": lambda x, theta: complete_likelihood.complete_log_prob(x, torch.zeros(len(x), 2), theta),
    "monte_carlo": lambda x, theta: complete_likelihood.monte_carlo(x[0], theta, 10),
    "e_step": lambda x, theta: ppca.e_step(ppca.scatter(x), theta),
    "iterate": lambda x, theta: iterate(ppca.scatter(x), theta),
    "bound": lambda x, theta: bound(ppca.scatter(x), STEPS[0].moments, theta),
}
OF_THETA: dict[str, Callable[[Any], Any]] = {
    "decode": lambda theta: ppca.decode(torch.zeros(1, 2), theta), "sample": lambda theta: ppca.sample(theta, 3),
    "shrinkage": ppca.shrinkage, "uncertainty": ppca.uncertainty, "diagonal_gap": ppca.diagonal_gap,
    "rotate": lambda theta: ppca.rotate(theta, torch.eye(2)), "axis_angle": lambda theta: ppca.axis_angle(theta, THETA),
    "distances": lambda theta: convergence.covariance_distances(STEPS, theta),
    **{name: partial(call, X) for name, call in OF_THETA_AND_X.items()},
}
NO_THETA = {
    "negative noise": THETA._replace(sigma2=torch.tensor(-0.1)),
    "noise that is NaN": THETA._replace(sigma2=torch.tensor(math.nan)),
    "infinite noise": THETA._replace(sigma2=torch.tensor(math.inf)),
    "two noises": THETA._replace(sigma2=torch.tensor([0.1, 0.1])),
    "NaN in W": THETA._replace(W=THETA.W.clone().fill_(math.nan)),
    "infinite mean": THETA._replace(mean=THETA.mean * math.inf),
    "W of other columns": THETA._replace(W=THETA.W[:3]),
    "W without an axis": THETA._replace(W=THETA.W[:, 0]),
    "a tuple": tuple(THETA),
    "None": None,
}


@pytest.mark.parametrize("name", OF_THETA_AND_X)
def test_a_model_of_other_columns_is_refused(name: str) -> None:
    with pytest.raises(DataError, match=r"column|holds 2 numbers"):
        OF_THETA_AND_X[name](X[:, :2], THETA)


@pytest.mark.parametrize("what", NO_THETA)
@pytest.mark.parametrize("name", OF_THETA)
def test_what_is_no_theta_is_refused_by_every_function(name: str, what: str) -> None:
    with pytest.raises(ArgumentError):
        OF_THETA[name](NO_THETA[what])


@pytest.mark.parametrize("name", [name for name in OF_THETA_AND_X if name not in ("posterior", "reconstruct",
                                                                                  "projection")])
def test_functions_that_need_a_density_refuse_pca(name: str) -> None:
    with pytest.raises(ArgumentError, match="sigma2"):
        OF_THETA_AND_X[name](X, THETA._replace(sigma2=torch.tensor(0.0)))


@pytest.mark.parametrize("values", [[1.0, 2.0], [1.0, -1.0], [1.0, math.nan], [math.inf, 1.0], [1.0]])
def test_a_spectrum_that_is_none_is_refused(values: list[float]) -> None:
    spec = Spectrum(9, torch.zeros(2), torch.tensor(values), torch.eye(2))
    for call in (lambda: ppca.closed_form(spec, 1), lambda: selection.bic_per_point(spec, 1),
                 lambda: linear_vae.optimum(spec, 1, 0.5), lambda: convergence.predicted_rates(spec, 1)):
        with pytest.raises(ArgumentError, match="spec"):
            call()


def test_a_scatter_whose_trace_is_not_its_own_is_refused() -> None:
    data = ppca.scatter(X)
    for trace in (data.trace * 2, -1.0, math.nan):
        with pytest.raises(ArgumentError, match="trace of data"):
            next(iterate(data._replace(trace=trace), THETA))


FORMS: dict[str, Callable[[Tensor], Any]] = {
    "list": Tensor.tolist, "array": Tensor.numpy, "float32": Tensor.float,
    "frame": lambda x: pd.DataFrame(x.numpy(), columns=list("abcd")), "columns first": np.asfortranarray,
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_numbers_in_another_form_give_the_same_model(form: str) -> None:
    rounded = X.float().double()
    theta, other = ppca.fit(rounded, 2), ppca.fit(FORMS[form](rounded), np.int64(2))
    assert torch.equal(other.W, theta.W)
    assert torch.equal(ppca.log_prob(FORMS[form](rounded), theta), ppca.log_prob(rounded, theta))
    ends = [missing.fit(x, 2, seed=np.int64(3), max_steps=np.int32(4)) for x in (rounded, FORMS[form](rounded))]
    assert ends[0].log_lik == ends[1].log_lik


def test_a_frame_with_a_text_column_names_it() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 4.0], "species": ["x", "y", "z"]})
    with pytest.raises(DataError, match="species"):
        ppca.fit(frame, 1)


def test_no_latent_dimension_with_gaps_is_a_round_gaussian_of_the_observed_values() -> None:
    gappy = missing.erase(X, 0.3)
    found = missing.fit(gappy, 0)
    mean = gappy.nanmean(0)
    variance = float(((gappy - mean) ** 2).nanmean())
    assert found.params.W.shape == (4, 0)
    torch.testing.assert_close(found.params.mean, mean)
    assert float(found.params.sigma2) == pytest.approx(variance)
    seen = float((~gappy.isnan()).sum()) / len(X)
    assert found.log_lik == pytest.approx(-0.5 * seen * (math.log(2 * math.pi * variance) + 1))
    assert missing.impute(gappy, found.params).z.shape == (150, 0)


def test_more_latent_dimensions_than_columns_leave_the_prior() -> None:
    """M^-1 sigma^2 by hand: where W has no axis, the posterior's variance is 1."""
    theta = ppca.params([0.0, 0.0], [[2.0, 0.0, 0.5], [0.0, 1.0, 0.5]], 0.3)
    M = theta.W.T @ theta.W + 0.3 * torch.eye(3, dtype=torch.float64)
    found = ppca.posterior([[1.0, 2.0]], theta)
    torch.testing.assert_close(found.cov, 0.3 * torch.linalg.inv(M))
    torch.testing.assert_close(found.mean[0], torch.linalg.solve(M, theta.W.T @ torch.tensor([1.0, 2.0]).double()))
    moments, _ = ppca.e_step(ppca.scatter([[1.0, 2.0], [3.0, 1.0], [0.0, 0.0]]), theta)
    torch.testing.assert_close(moments.cov, found.cov)


# The choice of q where the data have few directions -----------------------------------------------------------------


def of_rank(rank: int, n: int = 60, dim: int = 5) -> Tensor:
    rng = torch.Generator().manual_seed(rank)
    z = torch.randn(n, rank, generator=rng, dtype=torch.float64)
    return z @ torch.randn(rank, dim, generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
def test_a_table_of_exact_rank_says_which_q_are_left_out(rank: int) -> None:
    x = of_rank(rank)
    found = choose(x[::2], x[1::2])
    assert found.q.tolist() == list(range(rank))
    assert f"vary in {rank} direction" in found.excluded
    assert ("q = 4 is left out" if rank == 4 else f"q of {rank} and more are left out") in found.excluded
    with pytest.raises(DataError, match=f"vary in {rank} direction"):
        ppca.fit(x[::2], rank)


def test_nothing_is_said_where_every_q_is_offered() -> None:
    found = choose(X[::2], X[1::2])
    assert found.q.tolist() == [0, 1, 2, 3]
    assert found.excluded == ""
    assert choose(of_rank(3)[::2], of_rank(3)[1::2], most=2).excluded == ""
    assert choose(of_rank(3)[::2], of_rank(3)[1::2], most=3).excluded.startswith("q = 3 is left out")


def test_equal_eigenvalues_leave_the_evidence_undefined() -> None:
    """Laplace's method has no curvature there: it was infinite, and the best of all."""
    cross = torch.tensor([[3.0, 0, 0], [-3, 0, 0], [0, 3, 0], [0, -3, 0], [0, 0, 1], [0, 0, -1]])
    found = choose(cross, cross)
    assert bool(found.evidence.isnan().all())
    assert "evidence" not in found.best()
    with pytest.raises(ArgumentError, match="eigenvalues that differ"):
        selection.minka(ppca.spectrum(cross), 1)


def test_clusters_are_as_many_as_asked_for() -> None:
    assert [len(toy_data.clusters(n)) for n in (1, 300, 301, 1000)] == [1, 300, 301, 1000]
    assert torch.equal(toy_data.clusters(1000)[:200], toy_data.clusters(200))


# What rounding must not do ------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(0, 9), st.sampled_from([1e-8, 1.0, 1e8]), st.sampled_from([1e-6, 1.0, 1e6]))
def test_a_gap_of_orthogonal_columns_is_exactly_zero(q: int, seed: int, scale: float, noise: float) -> None:
    rng = torch.Generator().manual_seed(seed)
    U = torch.linalg.qr(torch.randn(8, q, generator=rng, dtype=torch.float64))[0]
    theta = ppca.params(torch.zeros(8), U * scale * torch.arange(1, q + 1), noise * scale**2)
    assert ppca.diagonal_gap(theta) == 0.0
    assert math.copysign(1.0, ppca.diagonal_gap(theta)) == 1.0


@pytest.mark.parametrize("expanded", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_no_gap_of_a_run_is_negative(expanded: bool, seed: int) -> None:
    for x in (X, toy_data.ball(100, seed), toy_data.thin(100, seed)):
        data = ppca.scatter(x)
        halves = convergence.half_steps(data, list(islice(ppca.em(x, 1, expanded, seed), 60)), expanded)
        assert all(half.log_lik >= half.bound and half.gap >= 0 for half in halves)
        assert all(half.gap == 0 for half in halves if half.kind == "E")


@pytest.mark.parametrize("q", [1, 2])
def test_a_linear_vae_is_never_above_its_maximum_and_stays_there(q: int) -> None:
    x = ppca.standardise(X)
    run = linear_vae.advance(linear_vae.init(x, linear_vae.configure(x, q)), x, 2000)
    reached = next(i for i, gap in enumerate(run.gaps) if gap < 1e-6)
    assert min(run.gaps) >= 0
    assert max(run.gaps[reached:]) < 1e-6
    assert run.gaps[-1] < 1e-7


def test_a_params_tuple_of_lists_is_one() -> None:
    theta = Params([0.0, 0.0], [[1.0], [0.0]], 1.0)     # type: ignore[arg-type]
    assert float(ppca.log_prob([[0.0, 0.0]], theta)[0]) == pytest.approx(-math.log(2 * math.pi) - 0.5 * math.log(2))
