"""EM's half-steps on the page: E never changes log p(x), M never lowers the bound, and the link holds the place."""

import itertools
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dgm import gmm
from pages.gmm import results
from pages.gmm.figures import bound_along, em_history
from pages.gmm.state import LAST
from tests.pages.gmm.test_page import end, healthy, opened, part, playback
from tests.pages.revealed import empty_caches
from tests.pages.visitor import figures
from tests.ui.components.messages import commit
from tests.ui.figures.checked import checked
from ui.figures.written import written

KEY = "em playback"
LONG = "part=EM&k=3"      # 215 half-steps

fresh = pytest.fixture(scope="module", autouse=True)(empty_caches)


def captions(page: AppTest) -> list[str]:
    texts: list[str] = playback(page)["captions"]
    return texts


def log_p(caption: str) -> str:
    found = re.search(r"log p\(x\) = (\S+),", caption)
    assert found
    return found[1]


def place(page: AppTest) -> int:
    """The half-step that is shown."""
    settings = playback(page)
    half: int = settings["places"][settings["start"]]
    return half


def press(page: AppTest, half: int) -> AppTest:
    """The button of the half-step after `half`, as the browser does it: the next frame, if it is the next half-step."""
    places = playback(page)["places"]
    now = places.index(half)
    assert places[now + 1] == half + 1, "the button is not active"
    return healthy(commit(page, KEY, frame=now + 1))


@pytest.mark.parametrize("link", [LONG, "part=EM&data=overlapping"])
def test_fifty_presses_are_fifty_half_steps_and_e_never_changes_log_p(link: str) -> None:
    page = opened(link)
    seen = [captions(page)[0]]
    for half in range(50):
        press(page, half)
        seen.append(captions(page)[playback(page)["places"].index(half + 1)])
    for number, (before, after) in enumerate(itertools.pairwise(seen)):
        assert "not shown" not in after
        if number % 2 == 0:
            assert f"Step {number // 2 + 1}, after E" in after
            assert log_p(after) == log_p(before)
            assert "gap 0 nats" in after
        else:
            assert f"Step {number // 2 + 1}, after M" in after
    assert len(playback(page)["captions"]) < 60, "few frames are sent of a long run"


@pytest.mark.parametrize("centre", [0, 3, 50, 106])
def test_whole_steps_are_left_out_never_halves_and_the_caption_says_so(centre: int) -> None:
    setting = results.Setting("faithful", "", 3, "full", "k-means++", 0, gmm.FLOOR)
    run = results.run(setting, results.registry_points("faithful"))
    at = results.half_steps_with_frames(setting, run, centre)
    assert at[0] == 0
    assert at[-1] == len(run.halves) - 1
    assert all(m == e + 1 and run.halves[e].kind == "E" for e, m in zip(at[1::2], at[2::2], strict=True))
    near = [half for half in range(len(run.halves)) if abs(half // 2 - centre) <= 3]
    assert set(near) <= set(at)
    texts = results.em(setting, (0, 1), False, False, centre, run).playback.captions
    gaps = [now > before + 1 for before, now in itertools.pairwise(at)]
    assert any(gaps)
    assert ["not shown" in text for text in texts[1:]] == gaps


def test_the_sentence_about_steps_that_are_left_out() -> None:
    assert results.omitted(0, 1) == ""
    assert results.omitted(6, 7) == ""
    assert results.omitted(6, 9) == ". Step 4 is not shown"
    assert results.omitted(6, 13) == ". Steps 4 to 6 are not shown"


def test_the_half_step_is_in_the_link_and_survives_a_part_a_reload_and_not_a_situation() -> None:
    page = opened(LONG)
    healthy(commit(page, KEY, frame=3))
    link = page.query_params["step"]
    link = link if isinstance(link, str) else link[0]
    assert link.startswith("3~")
    formula = next(element.value for element in page.latex if "KL(q" in element.value)
    again = opened(f"{LONG}&step={link}")
    assert place(again) == 3
    assert formula in [element.value for element in again.latex]
    part(page, "k-means")
    part(page, "EM")
    assert place(page) == 3
    next(button for button in page.button if button.key == "preset Challenge").click()
    healthy(page.run())
    assert place(page) == 0
    assert place(opened(f"part=EM&k=2&step={link}")) == 0, "the place in another run"


def test_a_link_far_into_a_long_run_opens_there_with_its_neighbours() -> None:
    page = healthy(opened(f"{LONG}&step=120"))
    assert place(page) == 120
    assert {119, 121, 122, 123} <= set(playback(page)["places"])
    assert place(healthy(opened(f"{LONG}&step={LAST}"))) == len(run_of(3).halves) - 1
    assert any("step" in note.value or "frame" in note.value for note in opened(f"{LONG}&step=x").info)


def run_of(k: int) -> results.EmRun:
    setting = results.Setting("faithful", "", k, "full", "k-means++", 0, gmm.FLOOR)
    return results.run(setting, results.registry_points("faithful"))


def test_the_formula_and_the_alt_sentence_are_those_of_the_half_step() -> None:
    for step in (0, 1, 2):
        page = opened(f"part=EM&step={step}")
        half = run_of(2).halves[step]
        formula = next(element.value for element in page.latex if "KL(q" in element.value)
        assert f"{half.log_lik:.4f}" in formula
        assert f"{half.bound:.4f}" in formula
        alt = next(figure["alt"] for figure in figures(page) if "mean responsibilities" in figure["alt"])
        assert f"half-step {step}: {written(half.log_lik, '.4f')} and {written(half.bound, '.4f')}" in alt
        assert ("the bound touches" in alt) == (step == 1)


def test_the_question_is_about_the_next_half_step_and_its_answer_is_true() -> None:
    for step, answer in ((0, "It stays the same"), (1, "It rises"), (2, "It stays the same")):
        page = opened(f"part=EM&step={step}&reveal=1")
        assert f"The answer is: **{answer}**." in page.markdown.values
    assert "frame" not in " ".join(captions(opened("part=EM")))


def test_a_run_without_convergence_asks_for_no_number_of_steps() -> None:
    page = opened("part=EM&k=12&cov=diag&seed=11&floor=none: exact EM")
    assert page.error
    assert not any(button.key == "commit steps" for button in page.button)


def test_the_mixture_that_was_drawn_can_be_handed_to_em_without_its_z() -> None:
    page = healthy(opened("k=3"))
    next(button for button in page.button if button.key == "opens EM").click()
    healthy(page.run())
    assert next(group for group in page.get("button_group") if group.key == "part").value == "EM"
    assert np.isfinite(end(page))
    assert playback(page)["count"] > 1
    assert "of your own" not in page.query_params.get("own", "")
    assert page.slider(key="k").value == 3


@pytest.mark.parametrize(("link", "names"), [
    ("", ("eruption [min]", "waiting [min]")), ("data=iris", ("sepal length [cm]", "petal length [cm]")),
    ("data=three-clusters", ("x", "y"))])
def test_the_points_that_are_handed_over_keep_the_names_of_their_axes(link: str, names: tuple[str, str]) -> None:
    page = healthy(opened(link))
    next(button for button in page.button if button.key == "opens EM").click()
    plane = next(figure for figure in figures(healthy(page.run())) if "ellipses at half-step" in figure["alt"])
    assert tuple(plane["layout"][axis]["title"]["text"] for axis in ("xaxis", "yaxis")) == names


def test_the_curves_show_the_touch_at_every_half_step() -> None:
    halves = run_of(3).halves
    log_lik, bound = (np.array([getattr(half, name) for half in halves]) for name in ("log_lik", "bound"))
    for place_now, half in enumerate(halves):
        low, high = em_history._moving_ranges(place_now, log_lik, bound)["yaxis2"]["range"]
        assert low < half.bound <= half.log_lik < high
        last = max(place_now - 1, 0)
        assert low < log_lik[last] < high
        gap = half.gap
        lowest, highest = em_history._gap_range(log_lik - bound)
        assert gap == 0 or lowest < np.log10(gap) < highest


@pytest.mark.parametrize("step", [0, 1, 2, 5, 6, 100])
def test_the_bound_is_below_log_p_along_a_step_touches_after_e_and_m_is_its_top(step: int) -> None:
    run = run_of(3)
    setting = results.Setting("faithful", "", 3, "full", "k-means++", 0, gmm.FLOOR)
    found = results.along_step(setting, step, run)
    assert found is not None
    assert (found.bound <= found.log_lik + 1e-12).all()
    here = int(np.abs(found.place - found.now).argmin())
    assert found.log_lik[here] == pytest.approx(run.halves[step].log_lik, abs=1e-9)
    assert found.bound[here] == pytest.approx(run.halves[step].bound, abs=1e-9)
    if step:
        start, top = (int(np.abs(found.place - at).argmin()) for at in (0, 1))
        assert found.bound[start] == pytest.approx(found.log_lik[start], abs=1e-9)
        assert found.bound[top] >= found.bound.max() - 1e-6
    assert len(checked(bound_along.curves(found)).data) >= 2
    low, high = bound_along.window(found)
    assert high > max(found.bound.max(), found.log_lik.max())
    assert low < min(found.bound[here], found.log_lik[here])


def test_the_curves_along_a_step_are_computed_once_for_its_two_half_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """M leaves q as it is: only the place on the curves is another one."""
    run = run_of(3)
    setting = results.Setting("faithful", "", 3, "full", "k-means++", 0, gmm.FLOOR)
    after_e = results.along_step(setting, 7, run)
    monkeypatch.setattr(results, "_elbo_between", None)
    after_m = results.along_step(setting, 8, run)
    assert after_e is not None
    assert after_m is not None
    assert (after_e.now, after_m.now, after_e.step, after_m.step) == (0, 1, 4, 4)
    assert after_m.bound is after_e.bound


def test_the_overview_has_the_axes_of_the_whole_run_at_every_half_step() -> None:
    halves = run_of(2).halves
    log_lik, bound = (np.array([getattr(half, name) for half in halves]) for name in ("log_lik", "bound"))
    low, high = em_history._overview_ranges(log_lik)["yaxis4"]["range"]
    assert low < log_lik.min() <= log_lik.max() < high
    assert em_history._overview_ranges(log_lik)["xaxis4"]["range"][1] >= len(halves) - 1
    for lowest, rise in ((-5.191, 1.036), (-1234.5, 0.01), (-0.3, 0.67), (-4e4, 3e4)):
        (low, high), ticks = em_history._overview_ranges(np.array([lowest, lowest + rise]))["yaxis4"].values()
        assert 1 <= len(ticks) <= 4
        assert low <= min(ticks) <= max(ticks) <= high - 0.2 * (high - low) + 1e-9, "none is beside the title"
    assert all("yaxis4" not in em_history._moving_ranges(now, log_lik, bound) for now in (0, 4, len(halves) - 1))


@pytest.mark.parametrize("step", [1, 2])
def test_the_gap_is_shaded_and_written_with_its_size(step: int) -> None:
    setting = results.Setting("faithful", "", 2, "full", "k-means++", 0, gmm.FLOOR)
    found = results.along_step(setting, step, run_of(2))
    assert found is not None
    _, bound, here = checked(bound_along.curves(found)).data
    assert bound.fill == "tonexty"
    assert here.name.startswith("no gap" if step == 1 else "gap here: ")


def test_a_run_that_collapses_says_what_stopped_it() -> None:
    page = opened("part=EM&k=12&cov=diag&seed=11&floor=none: exact EM")
    assert "The run stops there" in page.error[0].value


def test_the_challenge_says_where_covariances_are_chosen() -> None:
    assert any("under More settings, full covariances" in caption.value for caption in opened("part=EM").caption)


def test_drawn_points_have_no_units_of_other_data() -> None:
    """They may lie anywhere near the page's data; only who chooses its axes says that they are in its units."""
    link = "part=EM&own=1_1_1.5_2_2_1.2_7_7.5_7.6_8_6.9_8.4"
    for axes, names in (("", ("x", "y")), ("&own_axes=those of the page's data", ("eruption [min]", "waiting [min]"))):
        shown = [figure for figure in figures(healthy(opened(link + axes))) if "title" in figure["layout"]["xaxis"]]
        plane = next(figure for figure in shown if "ellipses at half-step" in figure["alt"])
        assert tuple(plane["layout"][axis]["title"]["text"] for axis in ("xaxis", "yaxis")) == names
