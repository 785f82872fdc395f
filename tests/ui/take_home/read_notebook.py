"""A saved notebook, read as Jupyter does."""

import json
import re

KEYS = {"markdown": {"cell_type", "id", "metadata", "source"},
        "code": {"cell_type", "id", "metadata", "source", "outputs", "execution_count"}}


def read_notebook(text: str) -> list[str]:
    """The code cells of a notebook. AssertionError where Jupyter's format 4.5 has other fields."""
    found = json.loads(text)
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert found.keys() == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert found["metadata"]["kernelspec"].keys() == {"display_name", "language", "name"}
    ids = [cell["id"] for cell in found["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[\w-]{1,64}", name) for name in ids)
    for cell in found["cells"]:
        assert cell.keys() == KEYS[cell["cell_type"]]
        assert all(isinstance(line, str) for line in cell["source"])
        assert all(line.endswith("\n") for line in cell["source"][:-1])
    return ["".join(cell["source"]) for cell in found["cells"] if cell["cell_type"] == "code"]


__all__ = ["read_notebook"]
