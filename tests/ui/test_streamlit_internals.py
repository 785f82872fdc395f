"""ui.streamlit_internals: each internal that the project relies on stands in the installed release of Streamlit."""

import re
from functools import cache
from pathlib import Path

import pytest
import streamlit

from ui import streamlit_internals as internals

UI = Path(__file__).parents[2] / "ui"
SHEETS = "".join(path.read_text() for path in UI.glob("*.css"))


@cache
def front_end() -> str:
    """Every script that Streamlit's browser side has."""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace")
                     for path in internals.FRONT_END.rglob("static/js/*.js"))


@cache
def back_end() -> str:
    """The server's Python."""
    return "\n".join(path.read_text(encoding="utf-8") for path in Path(streamlit.__file__).parent.rglob("web/**/*.py"))


def needed(found: object, what: str) -> None:
    assert found, f"Streamlit {streamlit.__version__} has no {what}: see ui/streamlit_internals.py for what it bought"


@pytest.mark.parametrize("name", internals.STYLED)
def test_every_name_in_our_style_sheets_is_one_of_the_front_end(name: str) -> None:
    kind = name.partition("-")[0]     # stBaseButton-primary is put together in the browser
    needed(re.search(rf"[`\"' .]{kind}[`\"' \-]", front_end()), f"class or test id {name}")


def test_our_style_sheets_use_the_names_that_are_listed_and_no_others() -> None:
    used = re.findall(r"\.(st[A-Z]\w+(?:-\w+)?)|data-testid=\"(st[\w-]+)\"", SHEETS)
    assert {a or b for a, b in used} == set(internals.STYLED)


def test_the_index_page_has_a_head_and_its_scripts_read_the_address() -> None:
    page = internals.INDEX_PAGE
    needed(page.is_file() and page.read_text(encoding="utf-8").count("<head>") == 1, "<head> in index.html")
    needed(re.search(rf"window\.{internals.GLOBAL_VARIABLE}\W", front_end()), f"window.{internals.GLOBAL_VARIABLE}")
    needed(internals.BACKEND_ADDRESS in front_end(), f"setting {internals.BACKEND_ADDRESS}")


def test_the_server_tells_its_health() -> None:
    needed(internals.HEALTH_PATH.removeprefix("/_stcore/") in back_end() and "_stcore" in back_end(),
           f"address {internals.HEALTH_PATH}")


@pytest.mark.parametrize("name", re.findall(r"data-[\w-]+", internals.IDLE))
def test_the_browser_shows_whether_a_script_runs(name: str) -> None:
    needed(name in front_end(), f"attribute {name}")


def test_its_own_query_parameters_begin_as_they_did() -> None:
    from streamlit.runtime.state import query_params

    own = {query_params.EMBED_QUERY_PARAM, query_params.EMBED_OPTIONS_QUERY_PARAM}
    needed(all(name.startswith(internals.OWN_PARAMETERS) for name in own), "query parameters that begin with `embed`")
