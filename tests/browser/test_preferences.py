"""What a visitor asks of every page: forced colours, which replace every background, and less motion."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page

from tests.browser.walk import assert_none, settled, show

pytestmark = pytest.mark.browser

# The painted part of each kind, from the element that has its role.
PAINTED = {
    "[data-testid=stSlider] input": "e => e.parentElement.parentElement",
    "[data-testid=stSlider] [role=group]": "e => e.firstElementChild.firstElementChild",
    "[role=switch]": "e => e.closest('label').querySelector('span + div')",
    "[data-testid=stRadioOption] input": "e => e.closest('label').querySelector('div > div')",
    "[role=progressbar]": "e => e.firstElementChild",
    ".dgm-transport input": "e => e",
}
BACKGROUND = "e => getComputedStyle(e).backgroundColor"
STATES = ("gmm", "vae", "autoregressive")


def colours(element: Locator, painted: str) -> int:
    """How many colours its painted part and the 4 pixels around it have."""
    element.scroll_into_view_if_needed()
    box = element.evaluate(f"""e => {{
        const part = ({painted})(e);
        part.scrollIntoView({{ block: 'nearest' }});
        const box = part.getBoundingClientRect();
        return [box.x, box.y, box.width, box.height]; }}""")
    clip = {"x": box[0] - 4, "y": box[1] - 4, "width": box[2] + 8, "height": box[3] + 8}
    picture = Image.open(io.BytesIO(element.page.screenshot(clip=clip)))
    return len(picture.convert("RGB").getcolors(1 << 20) or ())


def test_every_kind_of_control_is_painted(serve: Callable[..., str], new_page: Callable[..., Page],
                                          seen: Any) -> None:
    """Each slider, switch and chosen option can be seen where no background is left."""
    page, found = new_page(forced_colors="active", color_scheme="dark"), set()
    for state in STATES:
        show(page, seen, serve("app.py"), state)
        settled(page)
        for kind, painted in PAINTED.items():
            for element in page.locator(kind).all()[:1]:
                found.add(kind)
                assert colours(element, painted) > 1, f"{kind} of {state}"
        chosen, other = (page.locator(f"[role=radio][aria-checked={checked}]").first for checked in ("true", "false"))
        assert chosen.evaluate(BACKGROUND) != other.evaluate(BACKGROUND), state
    assert found == set(PAINTED)


def test_nothing_moves_where_less_motion_is_asked_for(serve: Callable[..., str], new_page: Callable[..., Page]) -> None:
    page = new_page(reduced_motion="reduce")
    page.goto(f"{serve('app.py')}/gmm")
    settled(page).evaluate("() => { document.adoptedStyleSheets = []; }")    # the tests' own: conftest.AT_ONCE
    moving = page.locator("*").evaluate_all("""all => all
        .filter((e) => getComputedStyle(e).transitionDuration.split(", ").some((time) => parseFloat(time) > 0))
        .map((e) => `${e.tagName} ${e.getAttribute("class")}`)""")
    assert_none(moving)
