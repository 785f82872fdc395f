"""The internals of Streamlit 1.67 that the project uses, each with its benefit.

Here are the names of the front end, in the modules of this folder the calls of the server.

They are undocumented, so any release may change them. tests/ui/test_streamlit_internals.py looks each one up in the
installed release and names the one that is missing.
"""

from pathlib import Path

import streamlit as st

from ui.streamlit_internals.link import (
    free_link,
    is_bound,
    keep_late_requests_from_the_link,
    restore_link,
    seed_from_link,
    send_link,
)
from ui.streamlit_internals.messages import (
    join_messages,
    keep_order_of_messages,
)
from ui.streamlit_internals.reruns import (
    read_state_by_key,
    write_theme_once,
)
from ui.streamlit_internals.sessions import (
    connection_keys,
    end_stored_sessions,
    is_connected,
    is_history_step,
    session_id,
    visitors,
)

FRONT_END = Path(st.__file__).parent / "static"

# Answers 200 once the server is ready: `--open`, tests and benchmarks poll it.
HEALTH_PATH = "/_stcore/health"

# The page that a browser loads first, and the global variable from which its script reads the server's address; without
# it the script tries one address after the other. With it a visitor who follows a link to a lesson sees the first
# figure 0.1 s sooner, and the console shows no 404.
INDEX_PAGE = FRONT_END / "index.html"
GLOBAL_VARIABLE = "__streamlit"
BACKEND_ADDRESS = "BACKEND_BASE_URL"

# The folder of the front end's own scripts, below the app's root. From the tag that loads them a component finds the
# root, under any base path: without it no figure is drawn behind a proxy with a path of its own.
SCRIPT_FOLDER = "static/js/"

# Prefix of Streamlit's own query parameters (`?embed=true`): the page ignores them without a note.
OWN_PARAMETERS = "embed"

# Matches while no script runs: browser tests and benchmarks wait for it until a page has been drawn.
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"

# Class names and test ids in style.css and lecture_hall.css.
STYLED = {
    "stMainBlockContainer": "the width of the text and the space above it, wider with ?present=1",
    "stVerticalBlock": "less space between the elements with ?present=1",
    "stSidebar": "no menu with ?present=1",
    "stHeader": "no bar above the page with ?present=1",
    "stStatusWidget": "no flickering status icon on pages that refresh themselves",
    "stNumberInputContainer": "the sentence about a typed number that is out of range, below its field",
    "stHorizontalBlock": "one gap within the lists of lessons and slides where their columns stand below each other",
    "stCaptionContainer": "captions that reach a contrast of 4.5 to 1",
    "stBaseButton-primary": "a label that is readable on the accent colour of the dark theme",
    **dict.fromkeys(("stPopoverButton", "stBaseButton-secondary", "stBaseButton-tertiary"),
                    "a label that is readable on the dark theme while the button is pressed or open"),
    "stSlider": "a track and a thumb under forced colours",
    "stCheckbox": "a switch under forced colours",
    "stRadioOption": "the chosen option under forced colours",
    "stProgressBarTrack": "progress under forced colours",
    **dict.fromkeys(("stLayoutWrapper", "stHorizontalBlock", "stColumn", "stElementContainer", "stExpander"),
                    "with ?present=1 the elements of all containers flow in lines"),
    **dict.fromkeys(("stSelectbox", "stButtonGroup", "stNumberInput", "stTextInput", "stButton"),
                    "with ?present=1 controls share a line"),
    **dict.fromkeys(("stWidgetLabel", "stPageLink", "stIconMaterial"),
                    "with ?present=1 labels and links are as large as the text, and icons keep their size"),
    **dict.fromkeys(("stBidiComponent", "stMarkdown", "stMarkdownContainer"),
                    "with ?present=1 rows of figures and of text stay rows"),
    **dict.fromkeys(("stApp", "stMain"), "a printed page"),
    **dict.fromkeys(("stPopover", "stPopoverBody", "stTooltipContent", "stTooltipIcon"),
                    "no printed buttons that open something, and nothing open on each sheet"),
    "stHeading": "no page break below a heading",
    "stBidiComponentIsolated": "a page break between the parts of a pad",
}

__all__ = [
    "BACKEND_ADDRESS",
    "FRONT_END",
    "GLOBAL_VARIABLE",
    "HEALTH_PATH",
    "IDLE",
    "INDEX_PAGE",
    "OWN_PARAMETERS",
    "SCRIPT_FOLDER",
    "STYLED",
    "connection_keys",
    "end_stored_sessions",
    "free_link",
    "is_bound",
    "is_connected",
    "is_history_step",
    "join_messages",
    "keep_late_requests_from_the_link",
    "keep_order_of_messages",
    "read_state_by_key",
    "restore_link",
    "seed_from_link",
    "send_link",
    "session_id",
    "visitors",
    "write_theme_once",
]
