"""The models of the Bayes page: their controls in, a prior with its data and held-out data out."""

from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st
import torch
from torch import Tensor

from dgm import bayes, datasets
from dgm.errors import DataError
from pages.bayes import editing
from pages.bayes import observations as text
from pages.bayes.figures import editing as figures
from pages.bayes.state import OWN, TABLE
from ui import controls, messages, page
from ui.components.edits import Edits
from ui.components.live_figure import live_figure

SIDES = 6
KNOTS = 9        # heights of the prior that is drawn by hand
LONG = 3.0       # minutes: an eruption of Old Faithful is long from here on


class Scene(NamedTuple):
    """One situation: what is believed, what was seen, what is kept back."""

    model: str
    prior: Any              # a Belief
    data: Any               # (n,) tensor, or Counts
    held_out: Tensor        # (m,)
    code: str               # the prior as python
    symbol: str             # theta's name on an axis
    outcomes: tuple[str, ...] = ()  # names of what can come next, if they can be counted

    @property
    def size(self) -> int:
        """Observations seen."""
        return int(sum(self.data)) if isinstance(self.data, bayes.Counts) else len(self.data)

    @property
    def singles(self) -> bool:
        """Whether the observations are kept one by one."""
        return not isinstance(self.data, bayes.Counts)

    @property
    def data_code(self) -> str:
        """The observations as python."""
        return repr(self.data.tolist()) if self.singles else f"bayes.{self.data!r}"


def choose(scored: bool = False) -> Scene:
    """Model, prior and observations, as the controls say; with held-out ones where they are `scored`.

    What cannot be read is named and passed over.
    """
    model = controls.draw("model")
    prior, code = MODELS[model].prior()
    data, held_out = MODELS[model].data(scored)
    return Scene(model, prior, data, held_out, code, MODELS[model].symbol, MODELS[model].outcomes)


# Priors --------------------------------------------------------------------------------------------------------------


def _beta() -> tuple[Any, str]:
    with st.container(horizontal=True):
        prior = bayes.BetaBernoulli(float(controls.draw("a")), float(controls.draw("b")))
    return prior, f"bayes.{prior!r}"


def _drawn() -> tuple[Any, str]:
    raw = controls.draw("heights")
    heights = _read(lambda: text.parse_numbers(raw, "height").clamp(min=0), torch.ones(KNOTS, dtype=torch.float64))
    if len(heights) < 2 or not bool(heights.max() > 0):
        controls.note("A prior needs some height somewhere, at two points or more: a flat one is used.")
        heights = torch.ones(KNOTS, dtype=torch.float64)
    live_figure(figures.hand_drawn(heights, page.palette()), key="heights figure", base=raw, drag={"trace": 0},
                on_edit=editing.into_text("heights", lambda edits: _heights_of(edits, heights)),
                alt="The prior density over p as joined points that can be dragged; heights "
                    f"{text.format_numbers(heights)}.")
    return bayes.histogram_prior(heights.tolist()), f"bayes.histogram_prior({heights.tolist()})"


def _heights_of(edits: Edits, shown: Tensor) -> str | None:
    heights = shown.tolist()
    for marker, _, y in edits.moved:
        if marker < len(heights):
            heights[marker] = max(y, 0.0)
    return text.format_numbers(heights) if edits.moved else None


def _mixture() -> tuple[Any, str]:
    with st.container(horizontal=True):
        fair = controls.draw("fair")
        a, b = float(controls.draw("other_a")), float(controls.draw("other_b"))
    parts = (bayes.BetaBernoulli(50, 50), bayes.BetaBernoulli(a, b))
    prior = bayes.MixturePrior((fair, 1 - fair), parts)
    named = ", ".join(f"bayes.{part!r}" for part in parts)
    return prior, f"bayes.MixturePrior({prior.weights}, ({named}))"


def _normal() -> tuple[Any, str]:
    with st.container(horizontal=True):
        prior = bayes.NormalNormal(float(controls.draw("mean")), float(controls.draw("sd")) ** 2,
                                   float(controls.draw("noise")) ** 2)
    return prior, f"bayes.{prior!r}"


def _unknown() -> tuple[Any, str]:
    with st.container(horizontal=True):
        prior = bayes.NormalInverseGamma(*(float(controls.draw(name)) for name in ("m", "k", "half_n", "half_ss")))
    return prior, f"bayes.{prior!r}"


def _dirichlet() -> tuple[Any, str]:
    each = float(controls.draw("face"))
    return bayes.DirichletCategorical((each,) * SIDES), f"bayes.DirichletCategorical(({each},) * {SIDES})"


# Observations ----------------------------------------------------------------------------------------------------


def _read(parse: Callable[[], Any], instead: Any) -> Any:
    """What the text says; a note and nothing where it says nothing that can be used."""
    try:
        return parse()
    except DataError as error:
        controls.note(messages.sentence(error))
        return instead


_NONE = torch.zeros(0, dtype=torch.float64)


def _faithful(column: int) -> tuple[Tensor, Tensor]:
    """Training and test rows of one column, in the order of the split."""
    data = datasets.load("faithful", 0)
    split = data.split()
    n = controls.draw("n", high=len(split.train))
    return data.x[split.train[:n], column], data.x[split.test, column]


def _coins(scored: bool) -> tuple[Any, Tensor]:
    if controls.draw("source") != OWN:
        seen, held_out = _faithful(0)
        st.caption(f"Real data: H = an eruption of Old Faithful longer than {LONG:g} minutes.")
        return (seen > LONG).double(), (held_out > LONG).double()
    seen = _own("tosses", text.parse_tosses, lambda x: ["H" if v else "T" for v in x],
                text.format_tosses, (("Heads", "H"), ("Tails", "T")))
    return seen, _held(scored, "tosses_held", text.parse_tosses)


def _waits(scored: bool) -> tuple[Any, Tensor]:
    source = controls.draw("numbers_from")
    if source == TABLE:
        (column,), (held_out,) = editing.table(1)
        return column, held_out
    if source != OWN:
        return _faithful(1)
    x = _own("values", text.parse_numbers, lambda x: [f"{v:g}" for v in x], text.format_numbers, ())
    live_figure(figures.strip(x, page.palette()), key="values figure", base=controls.value("values"),
                draw=True, height=150, on_edit=editing.into_text("values", _values_of),
                alt=f"{len(x)} observations on a line; click to add one, click one to take it out.")
    return x, _held(scored, "values_held", text.parse_numbers)


def _values_of(edits: Edits) -> str | None:
    return None if edits.points is None else text.format_numbers([x for x, _ in edits.points])


def _rolls(scored: bool) -> tuple[Any, Tensor]:
    faces: Callable[[str], Tensor] = lambda raw: text.parse_faces(raw, SIDES)  # noqa: E731
    buttons = tuple((str(face), str(face)) for face in range(1, SIDES + 1))
    return (_own("rolls", faces, lambda x: [f"{v + 1:g}" for v in x],
                 lambda x: text.format_numbers([v + 1 for v in x]), buttons), _held(scored, "rolls_held", faces))


def _own(name: str, parse: Callable[[str], Any], labels: Callable[[list[float]], list[str]],
         spell: Callable[[list[float]], str], buttons: tuple[tuple[str, str], ...]) -> Any:
    """Observations by hand: buttons add, chips take out, the text is the state."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for words, piece in buttons:
            st.button(words, key=f"add {name} {piece}", on_click=editing.append, args=(name, piece),
                      icon=":material/add:", width="content")
        st.button("Clear", key=f"clear {name}", on_click=editing.put, args=(name, ""), type="tertiary",
                  help="Take all observations out.")
    chosen = st.container()
    raw = controls.draw(name)
    x = _read(lambda: parse(raw), _NONE)
    if not isinstance(x, bayes.Counts):
        every = x.tolist()
        with chosen:
            editing.chips(name, labels(every), lambda place: spell(every[:place] + every[place + 1:]))
    return x


def _held(scored: bool, name: str, parse: Callable[[str], Any]) -> Tensor:
    if not scored:
        return _NONE
    raw = controls.draw(name)
    x = _read(lambda: parse(raw), _NONE)
    return torch.tensor([1.0] * min(int(x.heads), 200) + [0.0] * min(int(x.tails), 200), dtype=torch.float64) \
        if isinstance(x, bayes.Counts) else x


class Model(NamedTuple):
    """One entry of the menu."""

    prior: Callable[[], tuple[Any, str]]
    data: Callable[[bool], tuple[Any, Tensor]]
    symbol: str
    outcomes: tuple[str, ...] = ()


COIN = ("tails", "heads")
MODELS: dict[str, Model] = {
    "coin": Model(_beta, _coins, "p", COIN),
    "coin, prior drawn by hand": Model(_drawn, _coins, "p", COIN),
    "coin, prior in two parts": Model(_mixture, _coins, "p", COIN),
    "number, known noise": Model(_normal, _waits, "θ (minutes)"),
    "number, unknown noise": Model(_unknown, _waits, "μ (minutes)"),
    "die": Model(_dirichlet, _rolls, "θ", tuple(str(face) for face in range(1, SIDES + 1))),
}
