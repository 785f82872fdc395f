"""The fourth part: EM as a staircase on L(q, theta), and gradient steps in its place."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import streamlit as st
import torch

from dgm import elbo
from pages.elbo import results
from pages.elbo.bound import limit_for
from pages.elbo.figures import landscape as figures
from pages.elbo.figures.landscape import Landscape, Move
from pages.elbo.state import COINS, CONTOURS, GRADIENT, NORMAL
from ui import cache, controls, page, question, source_code
from ui.components.live_figure import linked_frame, live_figures
from ui.figures.bound_ruler import length_text
from ui.figures.written import latex_gap, written

KEY = "landscape"
NODES, SURFACE_NODES = 200, 61
EM_MOVES, GRADIENT_MOVES = 21, 61
EM_FORMULA = (r"\begin{aligned}\text{E:}\quad & q = \arg\max_q \mathcal{L}(q, \theta^*) \\ "
              r"\text{M:}\quad & \theta^* = \arg\max_\theta \mathcal{L}(q, \theta)\end{aligned}")
GRADIENT_FORMULA = (
    r"\begin{aligned}\text{E:}\quad & \phi_k = \phi_{k-1} + \eta \nabla_\phi \mathcal{L}(\phi, \theta_{k-1}) \\ "
    r"\text{M:}\quad & \theta_k = \theta_{k-1} + \eta \nabla_\theta \mathcal{L}(\phi_k, \theta)\end{aligned}")


class Scene(NamedTuple):
    """A model whose bound is a function of one number of q and one of theta."""

    model: elbo.TwoCoins | elbo.NormalModel
    x: float
    q: tuple[float, float]          # ends of the axis
    theta: tuple[float, float]
    names: tuple[str, str]

    def start(self, q: float, theta: float) -> tuple[float, float]:
        """A place by its shares of both axes."""
        (left, right), (low, high) = self.q, self.theta
        return round(left + q * (right - left), 6), round(low + theta * (high - low), 6)


SCENES = {COINS: Scene(elbo.TwoCoins(), 1, (0.0, 1.0), (0.0, 1.0), ("q(z = coin 1)", "bias θ of coin 1")),
          NORMAL: Scene(elbo.NormalModel(), 2.0, (-2.0, 3.0), (-1.0, 4.0), ("mean of q", "θ, the shift of x"))}
IN_WORDS = {COINS: "One of two coins, of biases θ and θ/2, was tossed twice: a head and a tail, in this order.",
            NORMAL: "x = 2 is z plus the shift θ plus noise. q is a Gaussian of the posterior's width; its mean moves."}


def part() -> None:
    """The landscape with the chosen path."""
    page.introduction(
        f"L is a function of q and θ; here each is one number. {IN_WORDS[controls.value('over')]} EM moves along one "
        "axis at a time, to the highest place there. Gradient steps, as in variational EM, only go some way.",
        _formula(), ("bound", "E-step", "M-step", "posterior", "nat"))
    stage, below = st.container(), st.container()
    with below:
        _controls()
    path, view = chosen_path(), controls.value("view")
    with stage:
        at = _contours(path) if view == CONTOURS else _surface(path)
    page.section(lambda: _question(path, at))
    _claim(path[at])
    page.section(lambda: _code(path, at))


def _formula() -> str:
    return GRADIENT_FORMULA if controls.value("walk") == GRADIENT else EM_FORMULA


def _controls() -> None:
    left, middle, right = st.columns(3)
    with left:
        controls.draw("over")
        controls.draw("view")
    with middle:
        walk = controls.draw("walk")
        controls.draw("q0")
        if walk == GRADIENT:
            controls.draw("q_rate")
    with right:
        controls.draw("theta0")
        if walk == GRADIENT:
            controls.draw("theta_rate")


@cache.shared()
def landscape(over: str, nodes: int) -> Landscape:
    """L over q and theta on a grid, and its ridge."""
    scene, edge = SCENES[over], 0.002
    q, theta = (torch.linspace(low + edge, high - edge, nodes, dtype=torch.float64) for low, high in (
        scene.q, scene.theta))
    found = elbo.landscape(scene.model, scene.x, q, theta)
    return Landscape(found.q.numpy(), found.theta.numpy(), found.bound.numpy(), found.ridge.numpy(),
                     found.log_evidence.numpy(), scene.names)


def chosen_path() -> tuple[Move, ...]:
    """The path that the controls describe."""
    return path(*_base())


@cache.copied()
def path(over: str, walk: str, q: float, theta: float, q_rate: float, theta_rate: float) -> tuple[Move, ...]:
    """The moves of EM or of gradient steps from a place, given by its shares of both axes."""
    scene = SCENES[over]
    place = scene.start(q, theta)
    if walk == GRADIENT:
        return _moves(elbo.gradient_ascent(scene.model, scene.x, *place, q_rate, theta_rate), GRADIENT_MOVES)
    return _moves(elbo.coordinate_ascent(scene.model, scene.x, *place), EM_MOVES)


def _moves(found: Iterator[elbo.Move], count: int) -> tuple[Move, ...]:
    return tuple(Move(move.kind, move.step + (move.kind == "E"), move.q, move.theta, move.bound, move.log_evidence,
                      move.gap)
                 for move in islice(found, count))


def _base() -> tuple[str, str, float, float, float, float]:
    over, walk, *numbers = (controls.value(name) for name in ("over", "walk", "q0", "theta0", "q_rate", "theta_rate"))
    return over, walk, *numbers


def _contours(path: tuple[Move, ...]) -> int:
    base = _base()
    start, at = linked_frame.reached("move", KEY, base, count=len(path))
    found = landscape(base[0], NODES)
    live_figures(
        [figures.contours(found, path, start, page.palette()),
         figures.heights(path, float(found.log_evidence.max()), start, page.palette())],
        key=KEY, base=base, halves=("E", "M"), commit=True, start=start,
        captions=[figures.caption(move) for move in path],
        alts=[figures.contours_alt(path, at), figures.heights_alt(path, at)])
    st.caption(f"From one contour to the next, L changes by {figures.APART:g} nats. {_begins(path[0])}")
    return at


def _surface(path: tuple[Move, ...]) -> int:
    at = linked_frame.start("move", _base(), first=0, count=len(path))
    page.figure(figures.surface(landscape(_base()[0], SURFACE_NODES), path[:at + 1], page.palette()), key="surface",
                alt=figures.contours_alt(path, at, "The surface"))
    st.caption("The height is L. Drag the surface to turn it. The path goes as far as in the contours, where it can be "
               f"played. {_begins(path[0])}")
    return at


def _begins(start: Move) -> str:
    """The place that the sliders give as shares, in the units of the axes."""
    return f"The path starts at q = {written(start.q, '.3g')} and θ = {written(start.theta, '.3g')}."


def _question(path: tuple[Move, ...], at: int) -> None:
    """Where the next E-step takes q, or what the next M-step gains: what E gains is the gap, which the page shows."""
    if at + 1 >= len(path):
        return
    now, after = path[at:at + 2]
    about, scene = f"{_base()} {at}", SCENES[controls.value("over")]

    def why(_: float) -> str:
        first, last = (written(move.q if after.kind == "E" else move.theta, ".3f") for move in (now, after))
        return (f"{'q' if after.kind == 'E' else 'θ'} goes from {first} to {last}, and L rises by "
                f"{length_text(now.bound, after.bound, 4)} nats. Afterwards the gap is "
                f"{length_text(after.bound, after.log_evidence, 4)} nats; before it was "
                f"{length_text(now.bound, now.log_evidence, 4)}.")

    if after.kind == "E":
        low, high = scene.q
        question.number("ridge", f"Now E is pressed. To which {scene.names[0]} does it go?", truth=lambda: after.q,
                        why=why, low=low, high=high, start=(low + high) / 2, step=(high - low) / 200, form="{:.3f}",
                        about=about)
        return
    gain = after.bound - now.bound
    end = limit_for(abs(gain))
    question.number("gain", "Now M is pressed. By how many nats does L rise?", truth=lambda: gain, why=why,
                    low=-0.5 if gain > -0.5 else -end, high=end, start=0.1, step=0.005, unit="nats", about=about)


def _claim(move: Move) -> None:
    words = ("This place lies on the ridge: q is the posterior and L equals log p(x|θ)."
             if move.gap < results.ROUNDING else
             "This place lies beside the ridge, so L is below log p(x|θ).")
    page.claim(words, page.term("evidence", r"\log p(\mathbf{x}|\theta)", f"{move.log_evidence:z.4f}", "nats") + "="
               + page.term("q", r"\mathcal{L}(q, \theta)", f"{move.bound:z.4f}", "nats") + "+"
               + page.term("gap", r"KL(q\,\|\,p(\mathbf{z}|\mathbf{x},\theta))",
                           latex_gap(move.gap, move.log_evidence, move.bound, 4, results.ROUNDING), "nats"))


def _code(path: tuple[Move, ...], at: int) -> None:
    """at: the half-step on the page, whose numbers the script prints."""
    over, walk, q, theta, q_rate, theta_rate = _base()
    scene, move = SCENES[over], path[at]
    place = ", ".join(map(repr, scene.start(q, theta)))
    call = f"elbo.gradient_ascent(model, {scene.x!r}, {place}, {q_rate!r}, {theta_rate!r})" if walk == GRADIENT else \
        f"elbo.coordinate_ascent(model, {scene.x!r}, {place})"
    script = (f"from itertools import islice\nfrom dgm import elbo\nmodel = elbo.{scene.model!r}\n"
              f"move = next(islice({call}, {at}, None))     # after {at} half-steps\n"
              'numbers = {"q": move.q, "theta": move.theta, "bound": move.bound}')
    source_code.show([elbo.gradient_ascent if walk == GRADIENT else elbo.coordinate_ascent], formula=_formula(),
                     script=script, numbers={"q": move.q, "theta": move.theta, "bound": move.bound})


__all__ = ["landscape", "part", "path"]
