"""The internals of Streamlit 1.67 that the project relies on: each with what it buys.

No documentation promises them, so a release may move any of them. tests/ui/test_streamlit_internals.py looks each of
them up in the installed release and says which one is gone.
"""

from pathlib import Path

import streamlit

FRONT_END = Path(streamlit.__file__).parent / "static"

# Answers 200 once the server serves: `--open`, tests and benchmarks wait for it instead of guessing seconds.
HEALTH_PATH = "/_stcore/health"

# The page that a browser loads first, and the global variable in which its script looks for the server's address
# before it tries addresses one after the other. A visitor who comes by a link to a lesson sees the first figure 0.1 s
# sooner, and the console shows no 404.
INDEX_PAGE = FRONT_END / "index.html"
GLOBAL_VARIABLE = "__streamlit"
BACKEND_ADDRESS = "BACKEND_BASE_URL"

# Query parameters that begin so belong to Streamlit (`?embed=true`): the page passes them over in silence.
OWN_PARAMETERS = "embed"

# Matches while no script runs: browser tests and benchmarks know when a page has been drawn.
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"

# Class names and test ids in style.css and lecture_hall.css.
STYLED = {
    "stMainBlockContainer": "the width of the text and the space above it, wider in the lecture hall",
    "stSidebar": "no menu in the lecture hall",
    "stHeader": "no bar above the page in the lecture hall",
    "stStatusWidget": "no flicker in the corner where a page refreshes itself",
    "stCaptionContainer": "captions that reach a contrast of 4.5 to 1",
    "stBaseButton-primary": "a label that is readable on the accent colour of the dark theme",
}
