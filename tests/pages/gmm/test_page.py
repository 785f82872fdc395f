"""The mixture page without a browser: presets, the links to failures, drags, own points, the printed script."""

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import torch
from streamlit.testing.v1 import AppTest

from dgm import gmm
from dgm.datasets import load
from dgm.gmm import selection
from pages.gmm import results, state
from tests.pages.revealed import empty_caches
from tests.pages.visitor import figures, open_app
from tests.ui.components.messages import commit
from ui.cache.store import Store
from ui.figures import theme
from ui.own_data import drawing
from ui.source_code import SCRIPT_MARK

ROOT = Path(__file__).parents[3]
FITTED = ("The mixture", "EM", "How many?", "k-means")     # parts with the settings
PARTS = (*FITTED, "Continuous z", "What can go wrong")
CLUSTERS = [(1, 1), (1.5, 2), (2, 1.2), (1.2, 1.7), (7, 7.5), (7.6, 8), (6.9, 8.4), (8, 7.2)]

fresh = pytest.fixture(scope="module", autouse=True)(empty_caches)


def opened(link: str = "") -> AppTest:
    page = open_app("gmm")
    for name, value in parse_qsl(link):
        page.query_params[name] = value
    page.run()
    return page


def part(page: AppTest, name: str) -> AppTest:
    """The page after its part was chosen."""
    next(group for group in page.get("button_group") if group.key == "part").set_value(name)
    return healthy(page.run())


def healthy(page: AppTest) -> AppTest:
    assert not page.exception, page.exception[0].value
    written = " ".join(element.value for element in (*page.markdown, *page.caption, *page.latex))
    assert not re.search(r"\bnan\b|\binf\b", written)
    assert all(figure["alt"].endswith(".") for figure in figures(page))
    return page


def end(page: AppTest) -> float:
    """log p(x) of the last step, as the part's script prints it."""
    found = dict(line.split(": ") for line in printed(page).splitlines())
    return float(found.get("log p(x) at the end", found["log p(x)"]))


def sent(page: AppTest, name: str = "em playback") -> dict[str, Any]:
    """What the browser is sent for a component of live figures."""
    found = [json.loads(part.proto.bytes) for part in page.get("bidi_component")
             if part.proto.component_name == "live_figure"]
    return next(one for one in found if one["key"] == name)


def playback(page: AppTest) -> dict[str, Any]:
    """The settings of EM's playback."""
    settings: dict[str, Any] = sent(page)["playback"]
    return settings


def script(page: AppTest) -> str:
    return next(block.value for block in page.code if SCRIPT_MARK in block.value)


def printed(page: AppTest) -> str:
    """What the page says its script prints."""
    codes = [block.value for block in page.code]
    return codes[codes.index(script(page)) + 1].strip()


def test_first_state_is_bare_and_reveal_opens_every_answer() -> None:
    page = healthy(opened())
    assert not page.info
    assert set(page.query_params) <= {"code", "more"}       # the expanders that the test opens
    assert len(figures(page)) == 2                          # the drawn points, and how often each z was drawn
    assert end(page) == pytest.approx(-4.15538, abs=1e-4)
    counts = {"The mixture": 2, "EM": 6, "How many?": 2, "k-means": 1, "Continuous z": 1, "What can go wrong": 6}
    texts = {}
    for name, count in counts.items():
        assert len(figures(healthy(opened(urlencode({"part": name}))))) >= min(count, 3), "the figure is there at once"
        shown = healthy(opened(urlencode({"reveal": 1, "restarts": 2, "part": name})))
        assert len(figures(shown)) == count, name
        texts[name] = " ".join(element.value for element in shown.markdown)
    assert "The answer is: **It stays the same**" in texts["EM"]
    assert re.search(r"It is \*\*\d+ steps\*\*", texts["EM"])
    assert "The answer is: **2**" in texts["How many?"]
    assert re.search(r"It is \*\*\d+ points\*\*", texts["k-means"])


@pytest.mark.parametrize(("link", "part_now"), [
    ({"part": "Museum"}, "What can go wrong"), ({"part": "Faint Gaussians", "at": "2"}, "Continuous z"),
    ({"from": "at the end", "k": "3"}, "EM"), ({"from": "at the end", "part": "How many?"}, "How many?"),
    ({"k": "3"}, "The mixture")])
def test_older_links_open_what_they_meant(link: dict[str, str], part_now: str) -> None:
    page = healthy(opened(urlencode(link)))
    assert not page.info
    assert next(group for group in page.get("button_group") if group.key == "part").value == part_now
    if part_now == "EM":
        assert playback(page)["start"] == playback(page)["count"] - 1


def test_settings_stay_the_same_in_every_part() -> None:
    page = healthy(opened("k=3&seed=6"))
    page.selectbox(key="cov").set_value("tied")
    found = end(healthy(page.run()))
    for name in (*FITTED, "Continuous z", "EM", "What can go wrong", *reversed(FITTED)):
        part(page, name)
        if name in FITTED and name != "How many?":      # its fits stop earlier, as those of its curves, and it says so
            assert end(page) == found, name
            assert (page.slider(key="k").value, page.selectbox(key="cov").value) == (3, "tied")
            assert page.query_params["k"] in ("3", ["3"])


def test_a_link_may_set_controls_of_another_part() -> None:
    page = healthy(opened(urlencode({"part": "Continuous z", "seed": 5, "k": 3, "data": "three-clusters"})))
    assert not page.info
    part(page, "EM")
    assert end(page) == end(opened(urlencode({"part": "EM", "seed": 5, "k": 3, "data": "three-clusters"})))


def test_the_given_start_stays_the_same_in_every_part() -> None:
    page = healthy(opened("start=given&means=2 50; 4 80"))
    found = end(page)
    for name in ("Continuous z", "k-means", "EM"):
        part(page, name)
    assert end(page) == found
    assert page.query_params["means"] in ("2 50; 4 80", ["2 50; 4 80"])
    next(button for button in part(page, "EM").button if button.key == "preset Challenge").click()
    healthy(page.run())
    assert page.slider(key="k").value == 3
    assert "means" not in page.query_params


def test_the_mixture_is_shown_at_any_half_step() -> None:
    page = healthy(opened(urlencode({"part": "The mixture", "view": "density", "along": 0})))
    start = gmm.init(load("faithful").x, 2)
    assert end(page) == pytest.approx(gmm.score(load("faithful").x, start), abs=1e-4)
    assert any("Start, q uniform" in element.value for element in page.caption)
    page.slider(key="along").set_value(100)
    assert end(healthy(page.run())) == pytest.approx(-4.15538, abs=1e-4)


@pytest.mark.parametrize("name", list(state.PRESETS))
def test_every_preset_opens(name: str) -> None:
    page = opened(urlencode({"part": state.PRESETS[name].get("part", state.PARTS[0])}))
    next(button for button in page.button if button.key == f"preset {name}").click()
    healthy(page.run())
    assert bool(page.error) == (name == "Singular component")
    assert not page.info


def test_failures_open_by_a_button_and_are_as_their_sentences_say() -> None:
    page = healthy(opened("part=What can go wrong"))
    names = [button.label for button in page.button if (button.key or "").startswith("failure ")]
    assert names == list(state.FAILURES)
    assert "the eruption of 5.1 minutes with a wait of 96" in " ".join(page.markdown.values)
    shown = {}
    for name in names:
        page = opened("part=What can go wrong")
        page.button(key=f"failure {name}").click()
        shown[name] = healthy(page.run())
        assert not page.info
        assert state.NOTES[name] in page.markdown.values
    found = shown["Singular component"].error[0].value
    assert "component 5 collapsed" in found
    x = load("faithful").x
    means = gmm.trace(x, gmm.init(x, 12, 11), "diag", 0.0, max_steps=400).steps[-1].params.means
    assert [round(value, 1) for value in means[4].tolist()] == [5.1, 96.0]      # the eruption that the sentence names
    three, first = load("three-clusters").x, opened()
    best = gmm.fit(three, 3, restarts=5).log_lik
    assert end(shown["Bad start"]) == pytest.approx(best - 0.78, abs=0.01)
    assert end(shown["Wrong covariance"]) == pytest.approx(best - 0.40, abs=0.01)
    assert end(shown["Too many components"]) > end(first) + 0.1
    assert end(shown["Label switching"]) == pytest.approx(end(first), abs=1e-5)
    one, other = (gmm.fit(load("faithful").x, 2, seed=seed).params.means for seed in (0, 1))
    torch.testing.assert_close(one, other.flip(0), rtol=1e-3, atol=1e-3)
    assert end(shown["Not Gaussian"]) < 0


def test_a_link_is_checked() -> None:
    page = healthy(opened("k=99&cov=round&start=given&means=1%202;bad&seed=-3&data=nothing"))
    notes = " ".join(element.value for element in page.info)
    for word in ("Components", "Covariance", "means by hand", "Seed", "Data"):
        assert word in notes
    assert not page.error


def test_a_dragged_mean_becomes_the_start() -> None:
    page = healthy(opened("part=EM&k=3"))
    before = printed(page)
    healthy(commit(page, "em playback", moved=[[0, 2.0, 52.0], [2, 1.8, 60.0]]))
    assert page.query_params["start"] == "given"
    rows = [[float(v) for v in row.split()] for row in page.query_params["means"].split(";")]
    assert rows[0] == [2.0, 52.0]
    assert rows[2] == [1.8, 60.0]
    x = load("faithful").x
    start = gmm.init(x, 3)._replace(means=x.new_tensor(rows))      # the ellipses that were seen, at other means
    steps = gmm.trace(load("faithful").x, start, max_steps=400).steps
    assert end(page) == pytest.approx(steps[-1].log_lik, abs=1e-4)
    assert printed(page).endswith(f"steps to the end: {steps[-1].index}")
    assert printed(page) != before
    healthy(page.run())                                  # nothing was dragged since: the start stays
    assert page.query_params["start"] == "given"
    page.selectbox(key="start").set_value("random points")
    healthy(page.run())
    assert "means" not in page.query_params
    assert "'random points'" in script(page)


def test_challenge_can_be_met() -> None:
    page = healthy(opened("part=EM&k=3&seed=6"))
    assert any("Reached" in element.value for element in page.success)
    assert not opened("part=EM&k=3").success


def test_own_points_are_fitted_and_too_few_are_an_error() -> None:
    link = drawing.encode(CLUSTERS)
    page = healthy(opened(f"own={link}"))
    x = torch.tensor(CLUSTERS, dtype=torch.float64)
    assert end(page) == pytest.approx(gmm.fit(x, 2, max_steps=400).log_lik, abs=1e-4)
    many = healthy(opened(f"own={link}&k=12"))
    assert "K is 8" in " ".join(element.value for element in many.info)
    flat = healthy(opened(f"own={drawing.encode([(1, 1), (2, 1), (3, 1), (4, 1)])}"))
    assert "Column y has the same value" in flat.error[0].value
    assert end(flat) == pytest.approx(-4.15538, abs=1e-4)


def test_own_points_stay_the_same_in_every_part() -> None:
    page = healthy(opened(f"own={drawing.encode(CLUSTERS)}"))
    found = end(page)
    for name in ("Continuous z", "How many?"):
        part(page, name)
    assert end(page) == found
    next(button for button in part(page, "The mixture").button if button.key == "preset Old Faithful").click()
    assert end(healthy(page.run())) == pytest.approx(-4.15538, abs=1e-4)


@pytest.mark.parametrize("data", ["iris", "wine", "moons"])
def test_other_data_and_columns(data: str) -> None:
    settings = {"data": data, "k": 3, "cov": "tied"}
    healthy(opened(urlencode(settings | {"part": "EM", "step": state.LAST})))
    healthy(opened(urlencode(settings | {"part": "The mixture", "view": "density"})))
    healthy(opened(urlencode(settings | {"part": "k-means", "reveal": 1})))


@pytest.mark.parametrize("link", ["", "k=3&restarts=3&cov=diag", "start=given&means=2 50; 4 80"])
@pytest.mark.parametrize("name", PARTS)
def test_script_prints_what_the_page_shows(link: str, name: str) -> None:
    known = link if name in FITTED else ""
    page = opened(f"{known}&{urlencode({'part': name, 'reveal': 1})}")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(script(page), "script", "exec"), {})
    assert out.getvalue().strip() == printed(page)


def test_the_script_has_no_answer_before_it_is_revealed() -> None:
    for name, answer in (("How many?", "K by BIC"), ("k-means", "points that change group")):
        assert answer not in printed(opened(urlencode({"part": name})))
        assert answer in printed(opened(urlencode({"part": name, "reveal": 1})))


def test_the_playback_is_small_and_encoded_once() -> None:
    page = opened("part=EM")
    sizes = [len(component.proto.bytes) for component in page.get("bidi_component")]
    assert max(sizes) < 80_000     # the curves are in float64, so that late steps are not steps of rounding
    setting = results.Setting("faithful", "", 2, "full", "k-means++", 0, gmm.FLOOR)
    run = results.run(setting, results.registry_points("faithful"))
    first, again = (results.em(setting, (0, 1), False, False, 0, run).figures for _ in range(2))
    assert first.plane.text is again.plane.text
    assert len(first.plane.text) < 40_000


def test_a_rerun_looks_few_results_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The points, the run, its view, and the terms of log p(x): each look-up hashes its arguments."""
    looked_up = []
    result = Store.result

    def counted(store: Store, key: Any, compute: Any, owner: Any = None) -> Any:
        looked_up.append(key[0].__name__)
        return result(store, key, compute, owner)

    page = opened("part=EM")
    monkeypatch.setattr(Store, "result", counted)
    healthy(page.run())
    assert sorted(looked_up) == ["_along_step", "bound_terms_at", "em", "registry_points", "run"]


def test_the_comparison_over_k_does_not_depend_on_the_k_that_is_shown() -> None:
    setting = results.Setting("faithful", "", 2, "tied", "k-means++", 0, 0.0)
    points = results.registry_points("faithful")
    few = points._replace(x=points.x[::16])
    first = results.candidates(setting, few)
    assert isinstance(first, list)
    assert [one.k for one in first] == [1, 2, 3, 4]
    other = results.candidates(setting._replace(k=5, restarts=3, start="random points"), points)
    assert isinstance(other, list)
    assert [one.log_lik for one in other] == [one.log_lik for one in first]    # not computed again for other points


def test_the_curve_before_the_answer_is_that_of_the_answer() -> None:
    setting = results.Setting("three-clusters", "", 2, "tied", "k-means++", 0, 0.0)
    few = results.registry_points("three-clusters")
    few = few._replace(x=few.x[::20])
    found = results.candidates(setting, few)
    assert isinstance(found, list)
    assert results.fits(setting, few) == pytest.approx([one.log_lik for one in found])


def test_points_that_a_part_of_them_cannot_be_fitted_without_are_a_sentence() -> None:
    """All but one point have the same y: without that one, the column is constant."""
    row = drawing.encode([(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 2)])
    page = healthy(opened(urlencode({"part": "How many?", "own": row, "k": 1, "reveal": 1})))
    assert "No held-out comparison is possible" in page.error[0].value
    assert len(figures(page)) == 3      # with the drawing plane


def test_a_large_table_stays_within_its_budget() -> None:
    x = torch.randn(20_000, 8, generator=torch.Generator().manual_seed(1)).double()
    points = results.Points(x, None, tuple("abcdefgh"))
    setting = results.Setting(results.OWN, points.digest, 4, "full", "k-means++", 0, 1e-6)
    view = results.em(setting, (0, 1), False, False, 0, results.run(setting, points))
    assert view.run.max_steps * 20_000 * 4 * 11**2 <= results.WORK
    assert len(view.playback.drawn.x) <= results.MOST_POINTS
    assert view.playback.table.size <= 2 * results.TABLE


def test_own_points_have_a_digest_of_numbers_and_names() -> None:
    x = torch.tensor(CLUSTERS, dtype=torch.float64)
    points = results.Points(x, None, ("x", "y"))
    assert points.digest == results.Points(x.clone(), None, ("x", "y")).digest
    assert points.digest != points._replace(columns=("y", "x")).digest
    assert points.digest != points._replace(x=x + 1e-9).digest


@pytest.mark.parametrize("n", [3, 4, 7, 12, 40])
def test_the_comparison_offers_what_the_points_allow(n: int) -> None:
    most = selection.most_components(n, results.folds(n))
    offered = results.compared_ks(n)
    assert offered[0] == 1
    assert offered[-1] <= min(most, results.SEARCHED)


def test_what_m_does_to_log_p_is_drawn_after_the_question_about_it() -> None:
    """After E the figure of log p(x) along the step answers the question; after M it belongs to the step before."""
    def drawn(step: int, **more: str) -> bool:
        headings = opened(urlencode({"part": "EM", "step": step, **more})).header
        return "The bound under log p(x)" in [element.value for element in headings]

    assert [drawn(7), drawn(8), drawn(7, reveal="true")] == [False, True, True]


def test_the_point_of_the_question_has_no_colour_until_it_is_answered() -> None:
    def grey(link: str) -> int:
        marker = figures(opened(link))[0]["frames"][-1]["data"][0]["marker"]
        return marker["color"].count(theme.LIGHT["data"])

    assert (grey(""), grey("reveal=true")) == (1, 0)
