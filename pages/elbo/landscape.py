"""The fourth part: EM as a staircase on L(q, theta), and gradient steps in its place."""

from collections.abc import Iterator
from itertools import islice

import streamlit as st
import torch

from dgm import elbo
from pages.elbo.figures import landscape as figures
from pages.elbo.figures.landscape import Landscape, Move
from pages.elbo.state import CONTOURS, GRADIENT
from ui import cache, controls, page, question, source_code
from ui.components.live_figure import linked_frame, live_figures

HEADS = 1               # of two tosses
NODES, SURFACE_NODES = 200, 61
EM_MOVES, GRADIENT_MOVES = 31, 121
FORMULA = (r"\begin{aligned}\text{E:}\quad & \phi_k = \phi_{k-1} + \eta \nabla_\phi \mathcal{L}(\phi, \theta_{k-1}) "
           r"\\ \text{M:}\quad & \theta_k = \theta_{k-1} + \eta \nabla_\theta \mathcal{L}(\phi_k, \theta)\end{aligned}")


def part() -> None:
    """The landscape with the chosen path."""
    page.introduction(
        "Two coins with biases θ and θ/2; one of them is tossed twice and shows one head. L is a function of two "
        "numbers, q and θ. EM moves along one axis at a time, to the highest place there. Gradient steps, as in "
        "variational EM, only go some way.", FORMULA, ("bound", "E-step", "M-step", "posterior", "nat"))
    stage, below = st.container(), st.container()
    with below:
        _controls()
    path, view = chosen_path(), controls.value("view")
    with stage:
        at = _contours(path) if view == CONTOURS else _surface(path)
    page.section(lambda: _question(path, at))
    _claim(path[at])
    page.section(lambda: _code(path))


def _controls() -> None:
    left, middle, right = st.columns(3)
    with left:
        controls.draw("view")
        walk = controls.draw("walk")
    with middle:
        controls.draw("q0")
        if walk == GRADIENT:
            controls.draw("q_rate")
    with right:
        controls.draw("theta0")
        if walk == GRADIENT:
            controls.draw("theta_rate")


@cache.shared(entries=4)
def landscape(nodes: int) -> Landscape:
    """L over q and theta on a grid, and its ridge."""
    inside = torch.linspace(0.002, 0.998, nodes, dtype=torch.float64)
    found = elbo.landscape(elbo.TwoCoins(), HEADS, inside, inside)
    return Landscape(found.q.numpy(), found.theta.numpy(), found.bound.numpy(), found.ridge.numpy(),
                     found.log_evidence.numpy())


def chosen_path() -> tuple[Move, ...]:
    """The path that the controls describe."""
    names = ("walk", "q0", "theta0", "q_rate", "theta_rate")
    return path(*(controls.value(name) for name in names))


@cache.copied(entries=64)
def path(walk: str, q: float, theta: float, q_rate: float, theta_rate: float) -> tuple[Move, ...]:
    """The moves of EM or of gradient steps from a place."""
    if walk == GRADIENT:
        return _moves(elbo.gradient_ascent(elbo.TwoCoins(), HEADS, q, theta, q_rate, theta_rate), GRADIENT_MOVES)
    return _moves(elbo.coordinate_ascent(elbo.TwoCoins(), HEADS, q, theta), EM_MOVES)


def _moves(found: Iterator[elbo.Move], count: int) -> tuple[Move, ...]:
    return tuple(Move(*(getattr(move, name) for name in Move._fields)) for move in islice(found, count))


def _base() -> tuple[object, ...]:
    return tuple(controls.value(name) for name in ("walk", "q0", "theta0", "q_rate", "theta_rate"))


def _contours(path: tuple[Move, ...]) -> int:
    base = _base()
    start = linked_frame.start("move", base, first=4, count=len(path))
    found = landscape(NODES)
    frame = live_figures(
        [figures.contours(found, path, start, page.palette()),
         figures.heights(path, float(found.log_evidence.max()), start, page.palette())],
        key="landscape", base=base, halves=("E", "M"), commit=True, start=start,
        captions=[figures.caption(move) for move in path],
        alts=[figures.contours_alt(path, start), figures.heights_alt(path, start)]).frame
    return linked_frame.keep("move", base, frame, start)


def _surface(path: tuple[Move, ...]) -> int:
    at = linked_frame.start("move", _base(), first=4, count=len(path))
    page.figure(figures.surface(landscape(SURFACE_NODES), path[:at + 1], page.palette()), key="surface",
                alt=figures.contours_alt(path, at))
    st.caption("Drag the surface to turn it. The path goes as far as in the contours, where it can be played.")
    return at


def _question(path: tuple[Move, ...], at: int) -> None:
    """What the next half-step gains."""
    if at + 1 >= len(path):
        return
    now, after = path[at:at + 2]

    def why(_: float) -> str:
        moved = (f"q goes from {now.q:.3f} to {after.q:.3f}" if after.kind == "E" else
                 f"θ goes from {now.theta:.3f} to {after.theta:.3f}")
        return f"{moved}. Afterwards the gap is {after.gap:.3g} nats; before it was {now.gap:.3g}."

    question.number("gain", f"Now {after.kind} is pressed. By how many nats does L rise?",
                    truth=lambda: after.bound - now.bound, why=why, low=-0.2, high=1.0, start=0.1, step=0.005,
                    unit="nats", about=f"{_base()} {at}")


def _claim(move: Move) -> None:
    words = ("This place lies on the ridge: q is the posterior and L equals log p(x|θ)." if move.gap < 1e-9 else
             "This place lies beside the ridge, so L is below log p(x|θ).")
    page.claim(words, page.term("evidence", r"\log p(\mathbf{x}|\theta)", move.log_evidence, "nats") + "="
               + page.term("q", r"\mathcal{L}(q, \theta)", move.bound) + "+"
               + page.term("gap", r"KL(q\,\|\,p(\mathbf{z}|\mathbf{x},\theta))", move.gap))


def _code(path: tuple[Move, ...]) -> None:
    walk, q, theta, q_rate, theta_rate = _base()
    call = (f"gradient_ascent(elbo.TwoCoins(), {HEADS}, {q!r}, {theta!r}, {q_rate!r}, {theta_rate!r})"
            if walk == GRADIENT else f"coordinate_ascent(elbo.TwoCoins(), {HEADS}, {q!r}, {theta!r})")
    script = (f"from itertools import islice\nfrom dgm import elbo\nlast = list(islice(elbo.{call}, {len(path)}))[-1]\n"
              'numbers = {"q": last.q, "theta": last.theta, "bound": last.bound}')
    last = path[-1]
    source_code.show([elbo.gradient_ascent if walk == GRADIENT else elbo.coordinate_ascent], formula=FORMULA,
                     script=script, numbers={"q": last.q, "theta": last.theta, "bound": last.bound})


__all__ = ["landscape", "part", "path"]
