"""The mixture page without a browser: situations, the museum's links, drags, own points, the printed script."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from dgm import gmm
from dgm.datasets import load
from pages.gmm import results, state
from tests.pages.visitor import figures, open_app
from tests.ui.components.messages import commit
from ui.own_data import drawing
from ui.source_code import SCRIPT_MARK

ROOT = Path(__file__).parents[3]
FITTED = ("EM", "The mixture", "How many?", "k-means")     # parts with the settings
PARTS = (*FITTED, "Faint Gaussians", "Museum")
CLUSTERS = [(1, 1), (1.5, 2), (2, 1.2), (1.2, 1.7), (7, 7.5), (7.6, 8), (6.9, 8.4), (8, 7.2)]


@pytest.fixture(autouse=True)
def _fresh_caches() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


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
    return float(printed(page).split()[2])


def script(page: AppTest) -> str:
    return next(block.value for block in page.code if SCRIPT_MARK in block.value)


def printed(page: AppTest) -> str:
    """What the page says its script prints."""
    codes = [block.value for block in page.code]
    return codes[codes.index(script(page)) + 1].strip()


def test_first_state_is_bare_and_reveal_opens_every_answer() -> None:
    page = healthy(opened())
    assert not page.info
    assert set(page.query_params) <= {"code", "more"}       # the lids, opened by the test
    assert len(figures(page)) == 3                          # the film's two, and the ruler
    assert end(page) == pytest.approx(-4.15538, abs=1e-4)
    counts = {"EM": 4, "The mixture": 1, "How many?": 2, "k-means": 1, "Faint Gaussians": 1, "Museum": 0}
    said = {}
    for name, count in counts.items():
        shown = healthy(opened(urlencode({"reveal": 1, "restarts": 2, "part": name})))
        assert len(figures(shown)) == count, name
        said[name] = " ".join(element.value for element in shown.markdown)
    assert "It is **it stays**" in said["EM"]
    assert re.search(r"It is \*\*\d+ steps\*\*", said["EM"])
    assert "It is **2**" in said["How many?"]
    assert re.search(r"It is \*\*\d+ points\*\*", said["k-means"])


def test_settings_hold_from_part_to_part() -> None:
    page = healthy(opened("k=3&seed=6"))
    page.selectbox(key="cov").set_value("tied")
    found = printed(healthy(page.run())).splitlines()[0]
    for name in (*FITTED, "Faint Gaussians", "EM", "Museum", *reversed(FITTED)):
        part(page, name)
        if name in FITTED:
            assert printed(page).splitlines()[0] == found, name
            assert (page.slider(key="k").value, page.selectbox(key="cov").value) == (3, "tied")
            assert page.query_params["k"] in ("3", ["3"])


def test_a_link_may_speak_of_another_part() -> None:
    page = healthy(opened(urlencode({"part": "Faint Gaussians", "seed": 5, "k": 3, "data": "three-clusters"})))
    assert not page.info
    part(page, "EM")
    assert end(page) == end(opened(urlencode({"seed": 5, "k": 3, "data": "three-clusters"})))


def test_the_start_by_hand_holds_from_part_to_part() -> None:
    page = healthy(opened("start=given&means=2 50; 4 80"))
    found = printed(page).splitlines()[0]
    for name in ("Faint Gaussians", "k-means", "EM"):
        part(page, name)
    assert printed(page).splitlines()[0] == found
    assert page.query_params["means"] in ("2 50; 4 80", ["2 50; 4 80"])
    next(button for button in part(page, "Museum").button if button.key == "preset Challenge").click()
    healthy(page.run())
    assert page.slider(key="k").value == 3
    assert "means" not in page.query_params


def test_the_mixture_is_shown_all_along_the_climb() -> None:
    page = healthy(opened(urlencode({"part": "The mixture", "view": "density", "along": 0})))
    start = gmm.init(load("faithful").x, 2)
    assert end(page) == pytest.approx(gmm.score(load("faithful").x, start), abs=1e-4)
    assert any("start, q uniform" in element.value for element in page.caption)
    page.slider(key="along").set_value(100)
    assert end(healthy(page.run())) == pytest.approx(-4.15538, abs=1e-4)


@pytest.mark.parametrize("name", list(state.PRESETS))
def test_every_situation_stands(name: str) -> None:
    page = opened()
    next(button for button in page.button if button.key == f"preset {name}").click()
    healthy(page.run())
    assert bool(page.error) == (name == "Singular component")
    assert not page.info


def test_museum_links_show_what_they_promise() -> None:
    links = {}
    page = opened("part=Museum")
    for element in page.markdown:
        for name, link in re.findall(r"\*\*\[(.+?)\]\(\?(.+?)\)", element.value):
            links[name] = link
    assert list(links) == list(state.FAILURES)
    shown = {name: healthy(opened(link)) for name, link in links.items()}
    assert not any(page.info for page in shown.values())
    page = opened()
    assert "collapsed" in shown["Singular component"].error[0].value
    three = load("three-clusters").x
    best = gmm.fit(three, 3, restarts=5).log_lik
    assert end(shown["Bad start"]) == pytest.approx(best - 0.78, abs=0.01)
    assert end(shown["Wrong covariance"]) == pytest.approx(best - 0.40, abs=0.01)
    assert end(shown["Too many components"]) > end(page) + 0.1
    assert end(shown["Label switching"]) == pytest.approx(end(page), abs=1e-5)
    one, other = (gmm.fit(load("faithful").x, 2, seed=seed).params.means for seed in (0, 1))
    torch.testing.assert_close(one, other.flip(0), rtol=1e-3, atol=1e-3)
    assert end(shown["No mixture of Gaussians"]) < 0


def test_links_are_checked_at_the_border() -> None:
    page = healthy(opened("k=99&cov=round&start=given&means=1%202;bad&seed=-3&data=nothing"))
    notes = " ".join(element.value for element in page.info)
    for word in ("Components", "Covariance", "means by hand", "Seed", "Data"):
        assert word in notes
    assert not page.error


def test_a_dragged_mean_becomes_the_start() -> None:
    page = healthy(opened("k=3"))
    before = printed(page)
    healthy(commit(page, "em playback", moved=[[0, 2.0, 52.0], [2, 1.8, 60.0]]))
    assert page.query_params["start"] == "given"
    rows = [[float(v) for v in row.split()] for row in page.query_params["means"].split(";")]
    assert rows[0] == [2.0, 52.0]
    assert rows[2] == [1.8, 60.0]
    start = gmm.init(load("faithful").x, 3, means=rows)
    steps = gmm.trace(load("faithful").x, start, max_steps=400).steps
    assert end(page) == pytest.approx(steps[-1].log_lik, abs=1e-4)
    assert printed(page).endswith(f"steps: {steps[-1].index}")
    assert printed(page) != before
    healthy(page.run())                                  # nothing moved since: the start stays
    assert page.query_params["start"] == "given"
    page.selectbox(key="start").set_value("random points")
    healthy(page.run())
    assert "means" not in page.query_params
    assert "'random points'" in script(page)


def test_challenge_can_be_met() -> None:
    page = healthy(opened("k=3&seed=6"))
    assert any("Reached" in element.value for element in page.success)
    assert not opened("k=3").success


def test_own_points_are_fitted_and_too_few_are_refused() -> None:
    link = drawing.encode(CLUSTERS)
    page = healthy(opened(f"own={link}"))
    x = torch.tensor(CLUSTERS, dtype=torch.float64)
    assert end(page) == pytest.approx(gmm.fit(x, 2, max_steps=400).log_lik, abs=1e-4)
    many = healthy(opened(f"own={link}&k=12"))
    assert "K is 8" in " ".join(element.value for element in many.info)
    flat = healthy(opened(f"own={drawing.encode([(1, 1), (2, 1), (3, 1), (4, 1)])}"))
    assert "Column 1 has the same value" in flat.error[0].value
    assert end(flat) == pytest.approx(-4.15538, abs=1e-4)


def test_own_points_hold_from_part_to_part() -> None:
    page = healthy(opened(f"own={drawing.encode(CLUSTERS)}"))
    found = end(page)
    for name in ("Faint Gaussians", "How many?"):
        part(page, name)
    assert end(page) == found
    next(button for button in part(page, "Museum").button if button.key == "preset Old Faithful").click()
    assert end(healthy(page.run())) == pytest.approx(-4.15538, abs=1e-4)


@pytest.mark.parametrize("data", ["iris", "wine", "moons"])
def test_other_data_and_columns(data: str) -> None:
    settings = {"data": data, "k": 3, "cov": "tied"}
    healthy(opened(urlencode(settings | {"from": "at the end"})))
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


def test_no_answer_is_in_the_code_before_it_is_given() -> None:
    for name, asked in (("How many?", "K by BIC"), ("k-means", "points that change group")):
        assert asked not in printed(opened(urlencode({"part": name})))
        assert asked in printed(opened(urlencode({"part": name, "reveal": 1})))


def test_the_film_is_light_and_written_once() -> None:
    page = opened()
    film = max(page.get("bidi_component"), key=lambda part: len(part.proto.bytes))
    assert len(film.proto.bytes) < 60_000
    setting = results.Setting("faithful", "", 2, "full", "k-means++", 0, gmm.FLOOR)
    first, again = (results.pictures(setting, (0, 1), False, False) for _ in range(2))
    assert first.plane.text is again.plane.text
    assert len(first.plane.text) < 40_000


def test_a_large_table_keeps_within_its_budget() -> None:
    from dgm.datasets import table as tables

    table = tables.Table(tuple("abcdefgh"), torch.randn(20_000, 8, generator=torch.Generator().manual_seed(1)).double())
    setting: Any = results.Setting("own", results.keep(table), 4, "full", "k-means++", 0, 1e-6)
    film = results.film(setting, (0, 1))
    assert results.most_steps(setting) * 20_000 * 4 * 11**2 <= results.WORK
    assert len(film.x) <= results.DRAWN
    assert film.table.size <= 2 * results.TABLE
