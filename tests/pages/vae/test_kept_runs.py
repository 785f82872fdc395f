"""Finished runs in the link: what is kept comes back within half a unit, and any other text is one sentence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from dgm import vae
from dgm.vae.live_training import Record
from pages.vae.pairs import kept_runs, pair_settings
from pages.vae.pairs.kept_runs import KL, MOST, POINTS, RECON

RECORDS = [Record(10 * i, -170.0 - i, 3.0, -180.0 + 0.3 * i, 5.0 + 0.01 * i) for i in range(40)]


def kept(*names: str) -> kept_runs.Curves:
    found: kept_runs.Curves = ()
    for name in names:
        found = kept_runs.added(found, kept_runs.curve(name, RECORDS))
    return found


def test_a_link_has_the_curve_within_half_a_unit() -> None:
    (run,) = kept("Adam, beta 4")
    assert run.steps == tuple(np.linspace(0, RECORDS[-1].step, POINTS))
    recon = np.interp(run.steps, [r.step for r in RECORDS], [r.held_out_recon for r in RECORDS])
    kl = np.interp(run.steps, [r.step for r in RECORDS], [r.held_out_kl for r in RECORDS])
    assert np.abs(np.array(run.recon) - recon).max() <= RECON / 2 + 1e-9
    assert np.abs(np.array(run.kl) - kl).max() <= KL / 2 + 1e-9


@pytest.mark.parametrize("count", [0, 1, MOST])
def test_what_is_written_is_read_again(count: int) -> None:
    runs = kept(*(f"run {i}" for i in range(count)))
    again, problem = kept_runs.read(kept_runs.write(runs))
    assert problem == ""
    assert kept_runs.write(again) == kept_runs.write(runs)
    for one, other in zip(again, runs, strict=True):
        np.testing.assert_allclose(one.recon, other.recon)
        np.testing.assert_allclose(one.kl, other.kl)


def test_a_name_is_kept_once_and_the_oldest_run_goes() -> None:
    assert [run.name for run in kept("a", "b", "a")] == ["b", "a"]
    assert [run.name for run in kept(*(str(i) for i in range(MOST + 2)))] == [str(i) for i in range(2, MOST + 2)]


def test_a_name_has_no_markup() -> None:
    (run,) = kept("<b>x</b>!~[a](b)")
    assert run.name == "‹b›x‹/b›ab"


@pytest.mark.parametrize("raw", ["x", "a!1!", "a!0!" + "A" * 128, "a!5!" + "A" * 127, "a!5!é", "<b>!5!" + "A" * 128,
                                 "a!999999999!" + "A" * 128, "~", "a!5!" + "A" * 128 + "~a!5!" + "A" * 128,
                                 "~".join(f"{i}!5!" + "A" * 128 for i in range(MOST + 1))])
def test_any_other_text_is_one_sentence(raw: str) -> None:
    runs, problem = kept_runs.read(raw)
    assert runs == ()
    assert problem.startswith("The link's kept runs")


@given(some.text(max_size=300))
def test_no_text_of_a_link_raises(raw: str) -> None:
    runs, problem = kept_runs.read(raw)
    assert bool(runs) + bool(problem) == (raw != "")


def test_the_name_says_what_differs_from_the_first_settings() -> None:
    assert pair_settings.name(vae.Config(), 50) == "first settings"
    assert pair_settings.name(vae.Config(beta=4.0, optimizer="SGD"), 50) == "SGD, beta 4"
    assert pair_settings.name(vae.Config(beta=1 / 50), 50) == "as printed"
