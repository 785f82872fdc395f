"""The rest of a page, whatever a visitor gives: a slider of value 4 below the input."""

from streamlit.testing.v1 import AppTest


def checked(at: AppTest) -> AppTest:
    """No exception, and the rest of the page was drawn."""
    assert not at.exception, at.exception[0].message
    assert [slider.value for slider in at.slider] == [4]
    return at
