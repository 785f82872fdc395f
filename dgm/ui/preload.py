"""What every page will ask for, told to the browser with the document: it fetches while Streamlit still starts.

Streamlit loads the code of a kind of element when the first one arrives, one after the other. Its build writes a
manifest of which file holds what; here the files of the kinds on our pages become one `Link` header. A manifest that
is missing or of another make gives no header: a hint less, nothing lost.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

KINDS = ("Html", "PageLink", "Progress", "BidiComponent", "Button", "ButtonGroup", "Checkbox", "NumberInput", "Radio",
         "Selectbox", "Slider", "TextInput", "rehype-katex/index")
MANIFEST = Path(st.__file__).parent / "static" / "manifest.json"


@lru_cache(maxsize=1)
def header() -> bytes:
    """The value of `Link`, relative to the document as Streamlit's own addresses are; empty without a manifest."""
    try:
        manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
        return ", ".join(f"<./{file}>; rel=modulepreload; crossorigin" for file in files(manifest)).encode()
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return b""


def files(manifest: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The scripts behind KINDS that index.html does not name itself."""
    known = {name for entry in manifest if entry == "index.html" for name in _closure(manifest, entry)}
    wanted = [entry for entry in manifest if any(Path(entry).with_suffix("").as_posix().endswith(f"/{kind}")
                                                 for kind in KINDS)]
    found = dict.fromkeys(name for entry in wanted for name in _closure(manifest, entry) if name not in known)
    return [manifest[name]["file"] for name in found if manifest[name]["file"].endswith(".js")]


def _closure(manifest: Mapping[str, Mapping[str, Any]], entry: str) -> list[str]:
    """An entry and everything it imports at once."""
    seen, waiting = dict.fromkeys([entry]), [entry]
    while waiting:
        for name in manifest[waiting.pop()].get("imports", ()):
            if name not in seen:
                seen[name] = None
                waiting.append(name)
    return list(seen)
