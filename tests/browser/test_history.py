"""Back and Forward: a press of a situation or a part is one step, and Back shows the state before it."""

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from pages.vae import state as vae
from tests.browser.walk import check, rerun, settled, show

pytestmark = pytest.mark.browser

After = Callable[[Page, Callable[[], Any], str], dict[str, list[str]]]
TIMEOUT = 20_000
FAR = next(name for name, preset in vae.PRESETS.items() if "z" in preset)
STARTS = {"bayes": "a=3", "gmm": "k=3", "vae": "z=1,1"}    # links to states of the pages' first parts


@pytest.fixture
def visit(serve: Callable[..., str], shared_page: Page, seen: Any) -> Callable[[str], Page]:
    """Open a state in the page of the module's tests."""
    def of(link: str) -> Page:
        show(shared_page, seen, serve("app.py"), link)
        return settled(shared_page)

    return of


@pytest.fixture
def after(seen: Any) -> After:
    """Act, wait until the page has run, its address ends with a path and it is drawn; the address's parameters."""
    def of(page: Page, act: Callable[[], Any], path: str) -> dict[str, list[str]]:
        with rerun(page, seen):
            act()
        expect(page).to_have_url(re.compile(rf"/{path}($|\?)"), timeout=TIMEOUT)
        settled(page)
        return parse_qs(urlsplit(page.url).query, keep_blank_values=True)

    return of


def situation(stem: str) -> str:
    """The situation of a page's first part that sets most controls."""
    state = import_module(f"pages.{stem}.state")
    first = getattr(state, "PARTS", ("",))[0]
    return max((name for name, preset in state.PRESETS.items() if preset.get("part", first) == first),
               key=lambda name: len(state.PRESETS[name]))


def steps(page: Page) -> int:
    return int(page.evaluate("history.length"))


@pytest.mark.parametrize("stem", STARTS)
def test_a_situation_is_one_step_and_back_and_forward_show_the_states(visit: Callable[[str], Page], after: After,
                                                                         stem: str) -> None:
    page = visit(f"{stem}?{STARTS[stem]}")
    first, before, state = parse_qs(urlsplit(page.url).query), steps(page), check(page, "state")
    there = after(page, page.get_by_role("button", name=situation(stem)).click, stem)
    assert len({*there} - {*first}) >= 1, "a situation sets controls"
    assert steps(page) == before + 1
    assert after(page, page.go_back, stem) == first
    assert check(page, "state") == state
    assert page.get_by_test_id("stAlert").count() == 0
    assert after(page, page.go_forward, stem) == there


def test_a_button_that_opens_another_part_is_a_step(visit: Callable[[str], Page], after: After) -> None:
    page = visit("gmm?k=3")
    before = steps(page)
    there = after(page, page.get_by_role("button", name="Find z with EM").click, "gmm")
    assert there["part"] == ["EM"]
    assert steps(page) == before + 1
    assert after(page, page.go_back, "gmm") == {"k": ["3"]}
    expect(page.get_by_role("button", name="Find z with EM")).to_be_visible(timeout=TIMEOUT)


def test_a_part_is_a_step_and_a_slider_is_none(visit: Callable[[str], Page], after: After) -> None:
    page = visit("bayes")
    prior = page.get_by_role("slider", name=re.compile("Prior heads"))
    before = steps(page)
    after(page, lambda: prior.press("ArrowUp"), "bayes")
    moved = after(page, lambda: prior.press("ArrowUp"), "bayes")
    assert moved == {"a": ["2.5"]}
    assert steps(page) == before
    there = after(page, page.get_by_role("radio", name="MAP", exact=True).click, "bayes")
    assert there["part"] == ["MAP"]
    assert steps(page) == before + 1
    assert after(page, page.go_back, "bayes") == moved
    expect(prior).to_have_attribute("aria-valuetext", "2.5")
    after(page, page.go_forward, "bayes")
    expect(page.get_by_role("radio", name="MAP", exact=True)).to_be_checked()


def test_back_from_another_page_shows_the_state_that_was_left(visit: Callable[[str], Page], after: After) -> None:
    """Both pages have a control `data`."""
    page = visit("gmm?k=3&data=iris")
    menu = page.get_by_test_id("stSidebar")
    before = steps(page)
    assert after(page, menu.get_by_role("link", name="The PCA model").click, "ppca") == {}
    assert steps(page) == before + 1
    assert after(page, page.go_back, "gmm") == {"k": ["3"], "data": ["iris"]}
    expect(page.get_by_role("slider", name=re.compile("Components"))).to_have_value("3")
    expect(page.get_by_role("combobox", name=re.compile("^Data|iris"))).to_have_value("iris")
    assert after(page, page.go_forward, "ppca") == {}
    assert page.get_by_test_id("stAlert").count() == 0


def test_the_point_of_the_latent_space_goes_back_too(visit: Callable[[str], Page], after: After) -> None:
    page = visit("vae?z=1%2C1")
    after(page, page.get_by_role("button", name=FAR).click, "vae")
    expect(page.locator(".latent-pad")).to_have_attribute("data-z", re.compile(r"4\.5"), timeout=TIMEOUT)
    assert after(page, page.go_back, "vae") == {"z": ["1,1"]}
    expect(page.locator(".latent-pad")).not_to_have_attribute("data-z", re.compile(r"4\.5"), timeout=TIMEOUT)


def test_the_first_change_after_a_corrected_link_is_in_the_address(serve: Callable[..., str], page: Page,
                                                                      after: After) -> None:
    page.goto(f"{serve('app.py')}/gmm?k=inf")
    settled(page)
    assert page.get_by_test_id("stAlert").count() == 1
    slider = page.get_by_role("slider", name=re.compile("Components"))
    assert after(page, lambda: slider.press("ArrowDown"), "gmm") == {"k": ["1"]}
