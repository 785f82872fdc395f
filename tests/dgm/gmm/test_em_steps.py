"""dgm.gmm: EM against scikit-learn, and properties of EM that hold for all data."""

import itertools
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.mixture import GaussianMixture

from dgm import gmm
from dgm.datasets import load
from dgm.gmm import log_density, statistics
from dgm.runtime import generator

LN = math.log
ROOT = Path(__file__).parents[3]


def clusters(n: int, d: int, k: int, seed: int = 0) -> torch.Tensor:
    rng = generator(seed, n, d, k)
    centres = 3 * torch.randn(k, d, generator=rng, dtype=torch.float64)
    noise = torch.randn(n, d, generator=rng, dtype=torch.float64)
    return centres[torch.randint(k, (n,), generator=rng)] + noise @ (torch.eye(d).double() + 0.3)


def states(x: torch.Tensor, start: gmm.Params, count: int, covariance: str = "full", floor: float = 0.0,
           threads: int = 1) -> list[gmm.Step]:
    return list(itertools.islice(gmm.em(x, start, covariance, floor, threads), count))


def variances(step: gmm.Step) -> torch.Tensor:
    """(K, D): given the other columns, so the narrowest ones."""
    return 1 / torch.linalg.inv(step.params.covs).diagonal(dim1=1, dim2=2)


def same(one: gmm.Params, other: gmm.Params, **tolerance: float) -> None:
    for a, b in zip(one, other, strict=True):
        torch.testing.assert_close(a, b, **(tolerance or {"rtol": 1e-8, "atol": 1e-8}))


def oracle(x: torch.Tensor, start: gmm.Params, steps: int, covariance: str) -> GaussianMixture:
    """scikit-learn after `steps` M-steps from `start`, run by its own E- and M-step."""
    precisions = torch.linalg.inv(start.covs)
    shaped = {"full": precisions, "tied": precisions[0], "diag": precisions.diagonal(dim1=1, dim2=2),
              "spherical": precisions[:, 0, 0]}[covariance].numpy()
    model = GaussianMixture(len(start.means), covariance_type=covariance, reg_covar=0, means_init=start.means.numpy(),
                            precisions_init=shaped, weights_init=start.log_weights.exp().numpy())
    model._initialize_parameters(x.numpy(), np.random.RandomState(0))
    for _ in range(steps):
        _, log_resp = model._e_step(x.numpy())
        model._m_step(x.numpy(), log_resp)
    return model


def as_full(model: GaussianMixture, covariance: str, k: int, d: int) -> np.ndarray[Any, Any]:
    covs = model.covariances_
    shapes = {"full": lambda: covs, "tied": lambda: np.repeat(covs[None], k, 0),
              "diag": lambda: covs[:, None] * np.eye(d), "spherical": lambda: covs[:, None, None] * np.eye(d)}
    return shapes[covariance]()


@pytest.mark.parametrize("covariance", list(gmm.COVARIANCES))
@pytest.mark.parametrize(("d", "k"), [(2, 3), (5, 2), (5, 7)])
def test_scikit_learn_from_the_same_start(covariance: str, d: int, k: int) -> None:
    x = clusters(600, d, k)
    path = states(x, gmm.init(x, k, seed=3), 16, covariance)
    model = oracle(x, path[0].params, 15, covariance)
    theta = path[-1].params
    np.testing.assert_allclose(theta.log_weights.exp(), model.weights_, rtol=0, atol=1e-8)
    np.testing.assert_allclose(theta.means, model.means_, rtol=0, atol=1e-8)
    np.testing.assert_allclose(theta.covs, as_full(model, covariance, k, d), rtol=0, atol=1e-8)
    assert path[-1].log_lik == pytest.approx(model.score(x.numpy()), abs=1e-10)
    np.testing.assert_allclose(path[-1].resp, model.predict_proba(x.numpy()), atol=1e-10)
    assert gmm.free_parameters(k, d, covariance) == model._n_parameters()


@pytest.mark.parametrize("covariance", list(gmm.COVARIANCES))
def test_objective_rises_in_a_thousand_fits_to_difficult_data(covariance: str) -> None:
    rng = generator(7, list(gmm.COVARIANCES).index(covariance))
    for trial in range(260):
        n, d, k = (int(torch.randint(low, high, (), generator=rng)) for low, high in ((3, 40), (1, 5), (1, 7)))
        x = torch.randn(n, d, generator=rng, dtype=torch.float64)
        if trial % 4 == 1:
            x = x.round()                                       # ties: few distinct points
        if trial % 4 == 2:
            x = x * 10.0 ** torch.randint(-9, 9, (d,), generator=rng).double() + 1e6
        if trial % 4 == 3:
            x = torch.cat([x, x[:1].repeat(n, 1), 100 * x[:1]])   # one point n times and one far point
        if bool((x.min(0).values == x.max(0).values).any()):
            continue
        path = states(x, gmm.init(x, min(k, len(x)), seed=trial, method="random points"), 12, covariance, 1e-6)
        values = np.array([step.objective for step in path])
        thin = 0.0 if covariance in ("diag", "spherical") else 2.2e-16      # rounding in directions that are thin
        slack = np.array([2e-10 + thin * step.density.spread for step in path[1:]])
        assert slack.max() < 1e-3
        if thin:    # the rounding of a mean, in deviations, which matters where an offset leaves few digits
            slack += [float((2.2e-16 * step.params.means).square().div(variances(step)).sum()) for step in path[1:]]
        assert (np.diff(values) >= -slack * (1 + np.abs(values[1:]))).all(), (trial, values)
        for step in path:
            assert torch.isfinite(step.params.means).all()


def test_plain_likelihood_rises_at_floor_zero_and_may_fall_above() -> None:
    x = load("faithful").x
    plain = [step.log_lik for step in states(x, gmm.init(x, 2), 40)]
    assert min(np.diff(plain)) > -1e-13
    fall = states(x, gmm.fit(x, 3, tol=1e-9, floor=0).params, 20, floor=0.05)
    assert fall[-1].log_lik < fall[0].log_lik
    assert fall[-1].objective > fall[0].objective


def test_objective_is_the_documented_one() -> None:
    x = clusters(200, 2, 3)
    for covariance in ("full", "tied"):
        step = states(x, gmm.init(x, 3), 5, covariance, floor=1e-2)[-1]
        scale = torch.from_numpy(np.subtract(*np.quantile(x.numpy(), [0.75, 0.25], 0, method="nearest")) / 1.349)
        scale = torch.minimum(scale, x.std(0, correction=0))
        traces = [torch.trace(torch.diag(scale**2) @ torch.linalg.inv(c)) for c in step.params.covs]
        expected = -1e-2 / 2 * float(sum(traces)) / (3 if covariance == "tied" else 1)
        assert step.objective - step.log_lik == pytest.approx(expected, rel=0.03)   # quantile rules differ a little
        assert float(torch.linalg.eigvalsh(step.params.covs).min()) >= 1e-2 * float(scale.min() ** 2) * 0.9


@settings(max_examples=25, deadline=None)
@given(exponent=st.integers(-150, 150), shift=st.floats(-4, 4), k=st.integers(1, 4))
def test_units_change_log_p_by_a_constant_only(exponent: int, shift: float, k: int) -> None:
    x = clusters(80, 2, 3)
    a = 10.0**exponent
    plain, moved = gmm.fit(x, k, tol=1e-6), gmm.fit(a * x + a * shift, k, tol=1e-6)
    assert moved.log_lik == pytest.approx(plain.log_lik - 2 * LN(a), abs=1e-9)
    assert moved.objective == pytest.approx(plain.objective - 2 * LN(a), abs=1e-9)
    assert gmm.score(a * x + a * shift, moved.params) == pytest.approx(moved.log_lik, abs=1e-9)
    torch.testing.assert_close(moved.params.means / a - shift, plain.params.means, rtol=1e-7, atol=1e-7)


def test_columns_in_other_units_permutation_and_duplication() -> None:
    x = clusters(150, 3, 2)
    start = gmm.init(x, 2)
    a, b = torch.tensor([1e-6, 1.0, 1e9], dtype=torch.float64), torch.tensor([3.0, -1.0, 1e9], dtype=torch.float64)
    theta = states(x, start, 8, floor=1e-3)[-1].params
    scaled = states(x * a + b, gmm.Params(start[0], start[1] * a + b, start[2] * a * a[:, None]), 8, floor=1e-3)[-1]
    same(scaled.params._replace(means=(scaled.params.means - b) / a, covs=scaled.params.covs / a / a[:, None]), theta)
    order = torch.randperm(len(x), generator=generator(1))
    same(states(x[order], start, 8, floor=1e-3)[-1].params, theta)
    same(states(torch.cat([x, x]), start, 8, floor=1e-3)[-1].params, theta)
    swap = torch.tensor([1, 0])
    swapped = states(x, gmm.Params(*(part[swap] for part in start)), 8, floor=1e-3)[-1].params
    same(gmm.Params(*(part[swap] for part in swapped)), theta)


def test_any_affine_map_at_floor_zero() -> None:
    x = clusters(150, 3, 2)
    start = gmm.init(x, 2)
    a = torch.tensor([[2.0, 1, 0], [0, 0.5, 1], [0.3, 0, 3]], dtype=torch.float64)
    plain = states(x, start, 8)[-1]
    mapped = states(x @ a.T, gmm.Params(start[0], start[1] @ a.T, a @ start[2] @ a.T), 8)[-1]
    torch.testing.assert_close(mapped.params.covs, a @ plain.params.covs @ a.T, rtol=1e-9, atol=1e-9)
    assert mapped.log_lik == pytest.approx(plain.log_lik - float(torch.linalg.slogdet(a)[1]), abs=1e-10)


def test_both_evaluators_agree_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x = clusters(40_000, 3, 6)
    monkeypatch.setattr(statistics, "MIN_PARALLEL", 0)
    start = gmm.init(x, 6)
    density = log_density.factorise(start)
    z = x.T.contiguous()
    one, two = (statistics.responsibilities(z, log_density.evaluator_for(density, exact=exact))
                for exact in (False, True))
    assert isinstance(log_density.evaluator_for(density), log_density.Quadratic)
    torch.testing.assert_close(one, two, rtol=0, atol=1e-11)
    for k in (6, 2):   # products, then whitening
        start = gmm.init(x, k)
        same(states(x, start, 4)[-1].params, states(x, start, 4, threads=2)[-1].params, rtol=1e-11, atol=1e-11)


FORKED = """
import os, signal, sys
import torch
from dgm import gmm
from dgm.gmm import statistics
statistics.MIN_PARALLEL = 0
x = torch.randn(2000, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
run_em = lambda: [step.log_lik for step, _ in zip(gmm.em(x, gmm.init(x, 3), threads=2), range(3))]
before = run_em()               # its threads run now
child = os.fork()
if not child:
    signal.alarm(20)            # a child that waits for its parent's threads never ends
    os._exit(0 if run_em() == before else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_more_threads_than_points_are_as_many_as_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MIN_PARALLEL", 0)
    x = load("faithful").x[:9]
    start = gmm.init(x, 2)
    same(states(x, start, 2, threads=10)[-1].params, states(x, start, 2)[-1].params, rtol=1e-11, atol=1e-11)


def test_threads_work_in_a_forked_process() -> None:
    ran = subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], cwd=ROOT, timeout=120, check=False)
    assert ran.returncode == 0


def test_precision_far_from_the_origin_and_on_thin_components() -> None:
    x = clusters(300, 2, 2)
    far = gmm.fit(x + 1e8, 2)
    assert far.log_lik == pytest.approx(gmm.fit(x, 2).log_lik, abs=1e-7)
    thin = torch.cat([x, 5 + 1e-7 * x])         # |mean| / deviation far above 1e4: must be whitened
    truth = gmm.m_step(thin, torch.eye(2).double().repeat_interleave(300, 0), floor=0)
    step = states(thin, truth, 3)[-1]
    same(step.params, truth, rtol=1e-8, atol=1e-12)
    parts = torch.distributions.MultivariateNormal(truth.means, truth.covs).log_prob(thin[:, None])
    expected = torch.logsumexp(parts + truth.log_weights, 1)
    torch.testing.assert_close(gmm.log_prob(thin, truth), expected, rtol=1e-9, atol=1e-6)


def test_a_component_that_narrows_in_one_step_is_accurate() -> None:
    tiny, wide = 8 + 1e-6 * clusters(300, 2, 1), 0.1 * clusters(300, 2, 1)
    x = torch.cat([wide, tiny, wide - 8])
    start = gmm.Params(torch.full((3,), -LN(3)).double(), torch.tensor([[0.0, 0.0], [8.0, 8.0], [-8.0, -8.0]]).double(),
                       0.2 * torch.eye(2).double().repeat(3, 1, 1))     # three components: sums about the origin
    narrowed = states(x, start, 2)[-1].params.covs[1]
    torch.testing.assert_close(narrowed, torch.cov(tiny.T, correction=0), rtol=1e-6, atol=0)


def test_m_step_on_known_components_is_the_closed_form() -> None:
    iris = load("iris")
    assert iris.labels is not None
    theta = gmm.m_step(iris.x, torch.nn.functional.one_hot(iris.labels).double(), floor=0)
    for k in range(3):
        mine = iris.x[iris.labels == k]
        torch.testing.assert_close(theta.means[k], mine.mean(0))
        torch.testing.assert_close(theta.covs[k], torch.cov(mine.T, correction=0))
    torch.testing.assert_close(theta.log_weights.exp(), torch.full((3,), 1 / 3).double())


def test_one_m_step_is_one_em_step() -> None:
    x = load("faithful").x
    for covariance, floor in itertools.product(gmm.COVARIANCES, (0.0, 1e-3)):
        first, second = states(x, gmm.init(x, 3), 2, covariance, floor)
        same(gmm.m_step(x, first.resp, covariance, floor), second.params)
        expectation = gmm.e_step(x, first.params)
        torch.testing.assert_close(expectation.resp, first.resp, rtol=0, atol=1e-10)
        assert expectation.log_lik == pytest.approx(first.log_lik, abs=1e-12)
        torch.testing.assert_close(first.resp.sum(1), torch.ones(len(x)).double())


def test_half_steps_are_block_coordinate_ascent() -> None:
    x = load("faithful").x
    steps = states(x, gmm.init(x, 2), 6)
    path = gmm.half_steps(x, steps)
    assert [half.kind for half in path] == ["start", *(["E", "M"] * 6)[:-1]]
    bounds = torch.tensor([half.bound for half in path], dtype=torch.float64)
    assert float(bounds.diff().min()) > -1e-12
    for half in path:
        q = torch.full((len(x), 2), 0.5).double() if half.anchor is None else gmm.e_step(x, half.anchor).resp
        parts = gmm.elbo(x, q, half.params)
        assert parts.bound == pytest.approx(half.bound, abs=1e-9)
        assert parts.gap == pytest.approx(half.gap, abs=1e-9)
    assert all(half.gap == 0 for half in path if half.kind == "E")


def test_rate_predicts_the_remaining_steps() -> None:
    x = load("overlapping").x
    path = gmm.trace(x, gmm.init(x, 2, seed=1), floor=0, tol=1e-11, max_steps=4000).steps
    at = next(i for i, step in enumerate(path) if step.gain < 1e-7 and i > 3)
    assert 0 < path[at].rate < 1
    assert path[at].rate**2 == pytest.approx(path[at + 1].gain / path[at].gain, rel=0.02)
    predicted, took = path[at].remaining(1e-9), next(i for i, s in enumerate(path) if s.gain <= 1e-9) - at
    assert predicted == pytest.approx(took, rel=0.1, abs=2)
    assert path[-1].remaining(1e-6) == 0
    assert math.isinf(path[0].remaining())


def test_steps_do_not_change_with_the_data_or_later_steps() -> None:
    x = clusters(500, 2, 3)
    steps = gmm.em(x, gmm.init(x, 3))
    first = next(steps)
    before = [part.clone() for part in first.params]
    x *= 2                                            # a change of the caller's table has no effect
    list(itertools.islice(steps, 5))
    assert all(torch.equal(a, b) for a, b in zip(first.params, before, strict=True))
    assert first.resp.shape == (500, 3)
    with pytest.raises(AttributeError):
        first.log_lik = 0.0  # type: ignore[misc]


def test_accepts_arrays_lists_and_vectors() -> None:
    x = load("faithful").x
    expected = gmm.fit(x, 2).log_lik
    assert gmm.fit(x.numpy(), 2).log_lik == expected
    assert gmm.fit(x.tolist(), 2).log_lik == expected
    assert gmm.fit(x.float(), 2).log_lik == pytest.approx(expected, abs=1e-5)
    assert gmm.fit(x[:, 0], 2).params.means.shape == (2, 1)


def test_restarts_never_lower_the_objective() -> None:
    x = clusters(300, 2, 6, seed=2)
    one, five = gmm.fit(x, 6, seed=4), gmm.fit(x, 6, restarts=5, seed=4)
    assert five.objective >= one.objective


def test_runs_on_the_device(device: torch.device) -> None:
    x = load("faithful").x
    start = gmm.init(x, 3)
    on_device = states(x.to(device), start, 6)[-1]
    on_cpu = states(x, start, 6)[-1]
    assert on_device.params.means.device.type == device.type
    assert on_device.log_lik == pytest.approx(on_cpu.log_lik, abs=1e-10)
    q = gmm.e_step(x, start).resp
    assert gmm.elbo(x.to(device), q, start).bound == pytest.approx(gmm.elbo(x, q, start).bound, abs=1e-10)
