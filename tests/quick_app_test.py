"""Streamlit's AppTest with the same results in half of the time.

As it is, it compiles a page's script at every run, reads the metadata of all installed packages for every page, asks
a thousand times a second whether the script has ended, and walks all elements for every one that is looked up.
"""

from collections.abc import Iterator

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import element_tree, local_script_runner

walk = element_tree.ElementTree.__iter__


def apply(patch: pytest.MonkeyPatch) -> None:
    """Until the patch is undone; the sources of scripts may not change meanwhile."""
    compiled, found = ScriptCache(), manifest_scanner.scan_component_manifests()
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
