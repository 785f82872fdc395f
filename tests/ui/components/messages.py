"""The components' messages, as the browser reads them."""

import json
from typing import Any

import numpy as np


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The pad's header and arrays."""
    size = int.from_bytes(message[:4], "little")
    header = json.loads(message[4 : 4 + size])
    floats = np.frombuffer(message, "<f4", offset=4 + size)
    return header, {name: floats[start : start + length] for name, (start, length) in header["arrays"].items()}
