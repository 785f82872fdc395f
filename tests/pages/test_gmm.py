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
from dgm.ui import drawn_points, gmm_museum
from dgm.ui.lesson import SCRIPT_MARK
from tests.pages.visitor import figures, open_app

ROOT = Path(__file__).parents[2]
CLUSTERS = [(1, 1), (1.5, 2), (2, 1.2), (1.2, 1.7), (7, 7.5), (7.6, 8), (6.9, 8.4), (8, 7.2)]


@pytest.fixture(autouse=True)
def _fresh_caches() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


def opened(link: str = "") -> AppTest:
    page = open_app()
    for name, value in parse_qsl(link):
        page.query_params[name] = value
    page.switch_page(str(ROOT / "pages/gmm.py")).run()
    return page


def healthy(page: AppTest) -> AppTest:
    assert not page.exception, page.exception[0].value
    written = " ".join(element.value for element in (*page.markdown, *page.caption, *page.latex))
    assert not re.search(r"\bnan\b|\binf\b", written)
    assert all(figure["alt"].endswith(".") for figure in figures(page))
    return page


def end(page: AppTest) -> float:
    """log p(x) of the last step, as the page's script prints it."""
    return float(printed(page).split()[2])


def printed(page: AppTest) -> str:
    """What the page says its script prints."""
    return next(block.value for block in page.code if block.value.startswith("log p(x):")).strip()


def test_first_state_is_bare_and_reveal_opens_every_answer() -> None:
    page = healthy(opened())
    assert not page.info
    assert not dict(page.query_params)
    assert len(figures(page)) == 3            # ruler, pies, faint Gaussians
    shown = healthy(opened("reveal=1&restarts=2"))
    assert len(figures(shown)) == 6           # and speed, criteria, k-means
    assert end(page) == pytest.approx(-4.15538, abs=1e-4)
    said = " ".join(element.value for element in shown.markdown)
    assert "It is **2**" in said
    assert re.search(r"It is \*\*\d+ points\*\*", said)


@pytest.mark.parametrize("name", list(gmm_museum.PRESETS))
def test_every_situation_stands(name: str) -> None:
    page = opened()
    next(button for button in page.button if button.key == f"preset {name}").click()
    healthy(page.run())
    assert bool(page.error) == (name == "Singular component")
    assert not page.info


def test_museum_links_show_what_they_promise() -> None:
    links = {}
    page = opened()
    for element in page.markdown:
        for name, link in re.findall(r"\*\*\[(.+?)\]\(\?(.+?)\)", element.value):
            links[name] = link
    assert list(links) == [exhibit.name for exhibit in gmm_museum.MUSEUM]
    shown = {name: healthy(opened(link)) for name, link in links.items()}
    assert not any(page.info for page in shown.values())
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
    page.session_state["em 0"] = {"moved": {"turn": 1, "moved": [[0, 2.0, 52.0], [2, 1.8, 60.0]]}}
    healthy(page.run())
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
    assert any("'random points'" in block.value for block in page.code if SCRIPT_MARK in block.value)


def test_challenge_can_be_met() -> None:
    page = healthy(opened("k=3&seed=6"))
    assert any("Reached" in element.value for element in page.success)
    assert not opened("k=3").success


def test_own_points_are_fitted_and_too_few_are_refused() -> None:
    link = drawn_points.encode(CLUSTERS)
    page = healthy(opened(f"own={link}"))
    x = torch.tensor(CLUSTERS, dtype=torch.float64)
    assert end(page) == pytest.approx(gmm.fit(x, 2, max_steps=400).log_lik, abs=1e-4)
    many = healthy(opened(f"own={link}&k=12"))
    assert "K is 8" in " ".join(element.value for element in many.info)
    flat = healthy(opened(f"own={drawn_points.encode([(1, 1), (2, 1), (3, 1), (4, 1)])}"))
    assert "Column 1 has the same value" in flat.error[0].value
    assert end(flat) == pytest.approx(-4.15538, abs=1e-4)


@pytest.mark.parametrize("data", ["iris", "wine", "moons"])
def test_other_data_and_columns(data: str) -> None:
    healthy(opened(urlencode({"data": data, "k": 3, "cov": "tied", "from": "at the end", "view": "density"})))


@pytest.mark.parametrize("link", ["", "k=3&restarts=3&cov=diag", "start=given&means=2 50; 4 80"])
def test_script_prints_what_the_page_shows(link: str) -> None:
    page = opened(link)
    script = next(block.value for block in page.code if SCRIPT_MARK in block.value)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(script, "script", "exec"), {})
    assert out.getvalue().strip() == printed(page)


def test_a_large_table_keeps_within_its_budget() -> None:
    from dgm import tables
    from dgm.ui import gmm_scene

    table = tables.Table(tuple("abcdefgh"), torch.randn(20_000, 8, generator=torch.Generator().manual_seed(1)).double())
    setting: Any = gmm_scene.Setting("own", gmm_scene.keep(table), 4, "full", "k-means++", 0, 1e-6)
    film = gmm_scene.film(setting, (0, 1))
    assert gmm_scene.most_steps(setting) * 20_000 * 4 * 11**2 <= gmm_scene.WORK
    assert len(film.x) <= gmm_scene.DRAWN
    assert film.table.size <= 2 * gmm_scene.TABLE
