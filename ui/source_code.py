"""The code that ran: the functions behind a figure, and a script that prints the page's numbers without the page."""

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import streamlit as st

from ui import controls
from ui.style import palette
from ui.take_home import naming
from ui.take_home.notebook import MIME, Own, Part, state_link, written

SCRIPT_MARK = "# This reproduces the numbers of the page."

# Names of `dgm`, by the meaning whose colour they share with formulas and figures. Without `q` (also a number of latent
# dimensions) and `score` (a gradient or a log-likelihood): a name with two meanings has no colour.
NAMES = {
    "evidence": ("log_lik", "log_evidence", "evidence", "incomplete", "log_p"),
    "prior": ("prior", "log_prior"),
    "likelihood": ("likelihood", "log_likelihood"),
    "posterior": ("posterior", "log_posterior"),
    "q": ("resp", "bound", "elbo"),
    "reconstruction": ("reconstruction",),
    "kl": ("kl", "kl_to_prior"),
    "gap": ("gap",),
    "log-derivative": ("log_derivative",),
    "baseline": ("baseline",),
    "reparametrization": ("reparametrization",),
}
_NAME = re.compile(r"[^\W\d]\w*")
_TEXT = re.compile(r'""".*?"""|"(?:[^"\\\n]|\\.)*"|#[^\n]*', re.DOTALL)   # docstrings, strings and comments


def show(functions: Sequence[Callable[..., Any]], *, formula: str, script: str, numbers: Mapping[str, float],
         heading: str = "The slide's formula", own: Sequence[Own] = ()) -> None:
    """An expander with the slide's formula, the source of `functions`, and a script that prints `numbers`.

    Its content is drawn only while it is open (`?code=true`).
    formula: LaTeX. script: Python that uses `dgm` alone and ends with `numbers = {...}`. numbers: those of the page.
    heading: of the formula, another one where it is on no slide. own: the visitor's data that the script reads from a
    file; the notebook has their numbers.
    """
    expander = controls.expander("The code that ran", "code", ":material/code:")
    if not expander.open:
        return
    with expander:
        st.markdown(heading)
        st.latex(formula)
        _show_sources(functions)
        st.markdown("Run it yourself, from the project's folder: the same numbers without the page")
        st.code(reproduction(script), language="python", wrap_lines=True)
        st.caption("prints")
        st.code(printed(numbers), language="text")
        save_notebook(Part(" · ".join(naming.place()), _link(), heading, formula, reproduction(script),
                           printed(numbers), own))


def save_notebook(part: Part) -> None:
    """A button that saves the part as a notebook, which is written when it is pressed."""
    st.download_button("Notebook (.ipynb)", lambda: written(part).encode(),
                       f"{naming.file_name('notebook')}.ipynb", MIME, key="notebook", on_click="ignore",
                       icon=":material/download:",
                       help="The script in cells, with the formula, a link to this state and your own data. It runs "
                       "with dgm alone.")


def _link() -> str:
    """The address of this state, "" where the server does not know the app's."""
    parameters = {name: value for name, value in st.query_params.items() if name not in controls.EXPANDERS}
    return state_link(st.context.url or "", controls.page(), parameters)


def _show_sources(functions: Sequence[Callable[..., Any]]) -> None:
    sources = [_source(function) for function in functions]
    if names := coloured_names(sources):
        st.markdown("Names in the code, in the colours of the page: "
                    + ", ".join(_in_colour(name, meaning) for name, meaning in names))
    for function, source in zip(functions, sources, strict=True):
        st.caption(f"`{function.__module__}.{function.__qualname__}`")
        st.code(source, language="python", wrap_lines=True)


@cache
def _source(function: Callable[..., Any]) -> str:
    """The source of a function. Python finds its end by splitting it into tokens, which takes milliseconds."""
    return inspect.getsource(function)


def _in_colour(name: str, meaning: str) -> str:
    """Markdown of a name of the code in its meaning's colour."""
    escaped, note = name.replace("_", r"\_"), "" if name == meaning else f" ({meaning})"
    return rf"$\textcolor{{{palette()[meaning]}}}{{\texttt{{{escaped}}}}}${note}"


def coloured_names(sources: Iterable[str]) -> list[tuple[str, str]]:
    """(name, meaning) of the names that the sources use, in the order of NAMES; strings and comments do not count."""
    used = {name for source in sources for name in _NAME.findall(_TEXT.sub("", source))}
    return [(name, meaning) for meaning, names in NAMES.items() for name in names if name in used]


def reproduction(script: str) -> str:
    """The script as it is shown: SCRIPT_MARK, the script, and a loop that prints its `numbers`."""
    loop = 'for name, value in numbers.items():\n    print(f"{name}: {value:.6g}")'
    return f"{SCRIPT_MARK}\n{textwrap.dedent(script).strip()}\n{loop}"


def printed(numbers: Mapping[str, float]) -> str:
    """The output of a script that agrees with the page: one line per number, six significant digits."""
    return "\n".join(f"{name}: {value:.6g}" for name, value in numbers.items())
