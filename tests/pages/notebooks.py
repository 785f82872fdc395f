"""The notebook that a page offers, run as Jupyter would run it: its cells in one empty namespace, without a file."""

from contextlib import redirect_stdout
from io import StringIO

from tests.pages.visitor import Visitor
from tests.ui.take_home.read_notebook import read_notebook
from ui.take_home import notebook


def notebook_agrees(page: Visitor) -> bool:
    """Whether the notebook of this state prints what the page shows.

    Its cells are the page's script; what the script reads from a file of the visitor's is in the notebook.
    """
    assert page.notebook is not None
    assert page.notebook.script == page.script()
    assert "\n".join(notebook.code_cells(page.script())).split() == page.script().split()
    printed, namespace = StringIO(), {"__name__": "__main__"}
    with redirect_stdout(printed):
        for cell in read_notebook(notebook.written(page.notebook)):
            exec(cell, namespace)
    assert (printed.getvalue().strip(), page.script()) == (page.printed(), page.script())
    return True


__all__ = ["notebook_agrees"]
