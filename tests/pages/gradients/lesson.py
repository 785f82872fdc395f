"""The gradient lab opened by a link, and what holds in every state of it."""

import re

from streamlit.testing.v1 import AppTest

from pages.gradients.state import PARTS
from tests.pages.visitor import figures, open_app

WITH_Q = list(PARTS)[:-2]      # the parts whose controls include f and q


def opened(reveal: bool = True, **link: str) -> AppTest:
    """The page behind a link."""
    page = open_app("gradients")
    for name, value in {**({"reveal": "1"} if reveal else {}), **link}.items():
        page.query_params[name] = value
    page.run()
    return page


def all_text(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.latex))


def check_page(page: AppTest) -> None:
    """No exception, neither nan nor inf in the text, an alt sentence for every figure."""
    assert not page.exception, page.exception[0].value
    assert not re.search(r"\bnan\b|\binf\b", all_text(page))
    assert all(figure["alt"].endswith(".") for figure in figures(page))
