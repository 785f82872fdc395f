"""Commits of the sheet for digits, without a browser."""

import base64

import numpy as np
from streamlit.testing.v1 import AppTest

from tests.ui.components.messages import commit
from ui.components.draw_digit import SIDE

ONE = np.zeros((SIDE, SIDE), np.uint8)
ONE[8:48, 25:31] = 255


def write(at: AppTest, grey: np.ndarray) -> AppTest:
    """Commit a drawing of the sheet."""
    return commit(at, "digit:sheet", image=base64.b64encode(grey.tobytes()).decode())
