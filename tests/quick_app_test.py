"""Streamlit's AppTest with the same results in half of the time.

As it is, it compiles a page's script at every run, reads the metadata of all installed packages for every page, asks
a thousand times a second whether the script has ended, and walks all elements for every one that is looked up. It makes
a mock of the server for every run, and a hash of every message for a browser that is not there.
"""

from collections.abc import Iterator
from unittest.mock import MagicMock

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.scriptrunner_utils import script_run_context
from streamlit.runtime.state import SafeSessionState
from streamlit.testing.v1 import app_test, element_tree, local_script_runner

from ui import streamlit_internals

walk = element_tree.ElementTree.__iter__


def apply(patch: pytest.MonkeyPatch) -> None:
    """Until the patch is undone; the sources of scripts may not change meanwhile."""
    compiled, found, server = ScriptCache(), manifest_scanner.scan_component_manifests(), MagicMock(spec=Runtime)
    patch.setattr(app_test, "MagicMock", lambda spec: server)
    patch.setattr(script_run_context, "populate_hash_if_needed", lambda message: None)
    patch.setattr(SafeSessionState, "filtered_state", SafeSessionState.filtered_state)
    streamlit_internals.read_state_by_key()     # as app.py does
    patch.setattr(local_script_runner, "ScriptCache", lambda: compiled)
    patch.setattr(manifest_scanner, "scan_component_manifests", lambda: found)
    patch.setattr(local_script_runner, "require_widgets_deltas", wait)
    patch.setattr(element_tree.ElementTree, "__iter__", elements)


def wait(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
    """Until the script has ended. RuntimeError where it has not in so many seconds."""
    assert runner._script_thread is not None
    runner._script_thread.join(timeout)
    if runner._script_thread.is_alive():
        runner.request_stop()
        runner.join()
        raise RuntimeError(f"AppTest script run timed out after {timeout}(s)")


def elements(tree: element_tree.ElementTree) -> Iterator[element_tree.Node]:
    """All nodes of what one run has drawn, which nothing changes afterwards."""
    nodes = tree.__dict__.get("_nodes")
    if nodes is None:
        nodes = tree.__dict__["_nodes"] = list(walk(tree))
    return iter(nodes)
