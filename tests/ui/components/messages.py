"""The components' messages as the browser reads them, and commits as it sends them."""

import json
from itertools import count
from typing import Any

import numpy as np
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

_NUMBERS = count(1)


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The pad's header and arrays."""
    size = int.from_bytes(message[:4], "little")
    header = json.loads(message[4 : 4 + size])
    floats = np.frombuffer(message, "<f4", offset=4 + size)
    return header, {name: floats[start : start + length] for name, (start, length) in header["arrays"].items()}


def header(component: Any) -> dict[str, Any]:
    """The JSON part of a component's message; {} where there is none."""
    proto = component.proto
    if proto.component_name in {"dgm_latent_pad", "dgm_draw_digit"} and proto.bytes:
        return unpack(proto.bytes)[0]
    text = proto.bytes or proto.json
    return json.loads(text) if text else {}


def commit(at: AppTest, key: str, **edit: Any) -> AppTest:
    """A commit of the component with this key: `commit(at, "em", moved=[[0, 2.0, 52.0]])`. Its callback runs.

    AppTest does not run components, so the state of the widget is added to the session's as a browser does.
    """
    component = next(part for part in at.get("bidi_component") if header(part).get("key") == key)
    version = header(component)["base"]["version"]
    states = at._tree.get_widget_states()
    states.widgets.append(WidgetState(id=component.proto.id, json_value=json.dumps(
        {"edit": {"version": version, "number": next(_NUMBERS), "moved": [], **edit}})))
    at._run(states)
    return at
