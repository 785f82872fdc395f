"""The lesson's first part: a density is moved over points, and each point's term adds to the log-likelihood."""

import math
from collections.abc import Callable, Sequence

import streamlit as st
import torch

from dgm import likelihood
from pages.autoregressive import nearest, new_points, placement
from pages.autoregressive.figures import likelihood_surface, moved_density
from pages.autoregressive.figures.wording import number, short
from pages.autoregressive.placement import Place, Question, Setting
from pages.autoregressive.state import GAUSSIAN, MIXTURE, POINTS, STUDENT
from ui import controls, page, question, source_code
from ui.components.edits import Edits, Fold
from ui.components.live_figure import live_figures
from ui.figures.written import latex
from ui.messages import show_error

KEY = "moved density"
HEADROOM = 1.25         # of the axis over the highest density: the text of the new point is above the dragged top
CURVE = 181             # places of the curve
WALK = 40               # steps of gradient ascent that are drawn
STEPS = 10              # of them, that the button goes
CLOSE = 0.5             # nats below the maximum: the challenge
AT_MAXIMUM = 0.005      # nats below the maximum: less than is shown
SMALLEST = r"$5 \cdot 10^{-324}$"      # of the positive numbers of a computer
MOST_NATS = 700.0       # whose exponential is a number with all its digits
ZERO, SMALL, LARGE = PRODUCTS = ("exactly 0", "a small number above 0", "a number above 1")
INTRODUCTION = (
    "A model p(x|θ) gives each point a density. Maximum likelihood chooses the θ for which the product over all points "
    "is largest. The product soon becomes too small for a computer, so the **logarithms** are added.")


def part() -> None:
    """The density over its points, the log-likelihood beside it, and what to try next."""
    opening, stage = st.container(), st.container()
    asked, found = _choose()
    here = place(found)
    with opening:
        introduction(found, here)
    with stage:
        show(asked, found, here)
    _moves(asked, found, here)
    page.section(lambda: questions(asked, found, here))
    page.challenge(f"Drag the density until its log-likelihood is within {CLOSE:g} nats of the maximum.",
                   found.most - log_lik(found, here) <= CLOSE,
                   _distance(found.most - log_lik(found, here)))
    new_points.section(found.model(here), found)
    page.section(nearest.section)
    code(asked, found, here)


def _distance(below: float) -> str:
    """How far the log-likelihood is below its maximum. below: nats."""
    return "you are at the maximum." if below < AT_MAXIMUM else f"you are {short(below, 3)} nats below the maximum."


def _choose() -> tuple[Question, Setting]:
    """The row of controls below the figure: data, number of points, family."""
    left, middle, right = st.columns((2, 2, 3))
    with left:
        column = controls.draw("column")
    with middle:
        points = controls.draw("points", high=len(likelihood.load_column(column)))
    with right:
        family = controls.draw("family")
        dof = controls.draw("dof") if family == STUDENT else controls.value("dof")
    asked, problem = placement.answerable(Question(column, points, family, dof))
    if problem:
        show_error(f"with {points} points there is no maximum: {problem}", f"The first {asked.points} points are used.")
    return asked, placement.setting(asked)


def place(found: Setting) -> Place:
    """Where the density is: as dragged or linked, at first away from the maximum."""
    at = controls.value("at")
    return found.clipped(Place(*at)) if at else found.start


def new_point(found: Setting) -> float:
    """The new point whose density is read off: as dragged or linked, at first to the right of most points."""
    at = controls.value("new")
    low, high = found.axis
    return min(max(at[0], low), high) if at else float(f"{found.best.location + 1.2 * found.best.scale:.3g}")


def log_lik(found: Setting, here: Place) -> float:
    """The log-likelihood of the points at a place, nats."""
    return likelihood.terms(found.model(here), found.x).log_likelihood


def introduction(found: Setting, here: Place) -> None:
    """What maximum likelihood is, with product and sum at this place."""
    terms = likelihood.terms(found.model(here), found.x)
    page.introduction(
        INTRODUCTION,
        page.term("data", r"\prod_i p(x_i|\theta)", latex(terms.product)) + r"\qquad"
        + page.term("likelihood", r"\sum_i \log p(x_i|\theta)", f"{terms.log_likelihood:z.2f}", "nats")
        + r"\to \max_\theta", ("likelihood", "log-likelihood", "MLE", "nat", "density in nats"))
    if terms.first_zero is not None:
        st.caption(f"The product is exactly 0 on this computer from the first {terms.first_zero} points on. Its "
                   f"smallest positive number is about {SMALLEST}. The sum of the logarithms is exact to many digits.")


def show(asked: Question, found: Setting, here: Place) -> None:
    """The two figures: what is dragged, and where that is on the surface of the log-likelihood."""
    table, area = placement.lookup(asked), placement.surface(asked)
    drawn, fresh = drawing(asked, found, here), new_point(found)
    rate = controls.value("rate")
    way = placement.ascent(asked, here, rate, WALK)
    marks = likelihood_surface.Marks(here, found.best, [step[:2] for step in way])
    live_figures(
        [moved_density.figure(drawn, page.palette()),
         likelihood_surface.figure(area.locations, area.scales, area.log_lik, marks, found.most, found.unit,
                                   page.palette())],
        key=KEY, base=(asked, here, fresh), on_edit=_fold(asked, found),
        alts=[moved_density.figure_alt(drawn, here),
              likelihood_surface.figure_alt(marks, drawn.total, found.most)],
        drag={"trace": moved_density.TOP, "more": [moved_density.NEW],
              "names": ["the top of the density", "the new point at {x}"],
              "follow": {"kind": "density", "at": {**moved_density.AT, "here": likelihood_surface.HERE},
                         "table": {"from": -placement.REACH, "step": placement.STEP, "values": table.values},
                         "top": list(table.top), "locations": list(found.axis), "scales": list(found.scales),
                         "end": drawn.sums[1]}})
    st.caption(f"Each point is {POINTS[asked.column]}. {_equal_points(found)}Diamond: a new point, drag it too. While "
               "you drag, the log terms come from a table; their error is below "
               f"{math.ceil(1e5 * table.error) / 1e5:.5f} nats each. Star: the maximum, {number(found.most)} nats"
               f"{_gaussian(asked)}. The colour fades with the distance in nats below it.")


def _gaussian(asked: Question) -> str:
    """The maximum of a single Gaussian on the same points, beside that of another family."""
    most = placement.setting(asked._replace(family=GAUSSIAN)).most
    return "" if asked.family == GAUSSIAN else f"; that of a single Gaussian is {number(most)} nats"


def _equal_points(found: Setting) -> str:
    """A sentence where fewer sticks than points are seen."""
    places = len(set(found.x.tolist()))
    return "" if places == len(found.x) else (
        f"The {len(found.x)} points have {places} different values: equal points share a stick, and each adds its own "
        "term. ")


def drawing(asked: Question, found: Setting, here: Place) -> moved_density.Drawn:
    """The numbers of the first figure."""
    model, (u, log_top), fresh = found.model(here), placement.lookup(asked).top, new_point(found)
    grid = torch.linspace(*found.axis, CURVE, dtype=torch.float64)
    found_terms = likelihood.terms(model, found.x)
    terms, total = found_terms.log_terms, found_terms.log_likelihood
    best = found.model(found.best).log_prob(found.x)
    return moved_density.Drawn(
        found.x.float().numpy(), grid.float().numpy(), model.log_prob(grid).exp().float().numpy(),
        terms.exp().float().numpy(),
        terms.numpy(), total, (here.location + here.scale * u, math.exp(log_top) / here.scale),
        (fresh, float(model.log_prob([fresh])[0])), HEADROOM * math.exp(log_top) / found.scales[0],
        _doubled(2.2 * min(float(best.min()), -1.0), float(terms.min())),
        (1.1 * max(float(best.cumsum(0).max()), 0.0), _doubled(-2.0 * abs(found.most), total)), found.unit)


def _doubled(end: float, shown: float) -> float:
    """The lower end of an axis: doubled until it holds what is shown, so that it stands still for small moves."""
    return end * 2.0 ** max(math.ceil(math.log2(shown / end)), 0) if shown < end else end


def _fold(asked: Question, found: Setting) -> Fold:
    """A fold that moves the density, or the new point, to where it was dragged."""
    u, log_top = placement.lookup(asked).top

    def fold(edits: Edits) -> None:
        for moved in edits.moved:
            if moved.marker == 0:
                scale = found.clipped(Place(moved.x, math.exp(log_top) / max(moved.y, 1e-300))).scale
                controls.set_value("at", _rounded(found.clipped(Place(moved.x - scale * u, scale))))
            else:
                controls.set_value("new", (float(f"{moved.x:.5g}"),))

    return fold


def _rounded(at: Place) -> tuple[float, float]:
    return float(f"{at.location:.6g}"), float(f"{at.scale:.6g}")


def _moves(asked: Question, found: Setting, here: Place) -> None:
    """Buttons that move the density: to the maximum, along gradient ascent, back to the start."""
    rate = controls.value("rate")
    way = placement.ascent(asked, here, rate, WALK)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.draw("rate", disabled=not way)
        st.button(f"{STEPS} steps of gradient ascent", key="ascent",
                  on_click=_to(found, way[STEPS][:2] if len(way) > STEPS else None), disabled=len(way) <= STEPS,
                  icon=":material/trending_up:")
        st.button("To the maximum", key="maximum", on_click=_to(found, found.best), icon=":material/star:")
        st.button("Back to the start", key="start", on_click=controls.set_value, args=("at", None), type="tertiary",
                  icon=":material/replay:")
    st.caption(_about_fit(asked, found) + _about_place(found) + _about_ascent(asked, found, here, way))


def _to(found: Setting, at: tuple[float, float] | None) -> Callable[[], None]:
    """A callback that moves the density."""
    return lambda: None if at is None else controls.set_value("at", _rounded(found.clipped(Place(*at))))


def _about_fit(asked: Question, found: Setting) -> str:
    """How the maximum of the family is found."""
    at = f"location {short(found.best.location)}, scale {short(found.best.scale)} {found.unit}"
    how = {"Gaussian": "The maximum has a closed form: the mean of the points, and their deviation with 1/n",
           "Laplace": "The maximum has a closed form: the median, and the mean distance from it",
           "Student t": "There is no closed form. EM finds the maximum for this ν",
           "mixture": "EM finds weights, means and deviations. Here the fitted shape is moved and stretched as one"}
    return f"{how[asked.family]}: {at}."


def _about_place(found: Setting) -> str:
    """That the address has a place beyond the axes, as after a change of the data; "" where it has none."""
    asked = controls.value("at")
    if not asked or _rounded(found.clipped(Place(*asked))) == _rounded(Place(*asked)):
        return ""
    return (f" The address asks for location {short(asked[0])} and scale {short(asked[1])} {found.unit}, beyond the "
            "axes: the density is at their edge instead.")


def _about_ascent(asked: Question, found: Setting, here: Place, way: Sequence[tuple[float, float, float]]) -> str:
    """Why the step size or the button of the ascent is switched off, or where it stops short; "" for none of them."""
    if asked.family == MIXTURE:
        return (" Gradient ascent is switched off: it would change each Gaussian of the mixture on its own, which "
                "these figures cannot show.")
    if len(way) <= STEPS:
        return (f" The {STEPS} steps are switched off: with this step size they leave the range of the parameters. "
                "Choose a smaller one.")
    end = Place(*way[STEPS][:2])
    if found.clipped(end) == end:
        return ""
    button = ("leaves the density where it is, at their edge" if _rounded(found.clipped(end)) == _rounded(here) else
              "moves the density as far as their edge")
    return (f" From here the {STEPS} steps end beyond the axes, at location {short(end.location)} {found.unit} and "
            f"scale {short(end.scale)} {found.unit}. The button {button}.")


def questions(asked: Question, found: Setting, here: Place) -> None:
    """What a move away from the maximum costs, and what becomes of the product with other points."""
    _moved_away(asked, found)
    _other_points(asked, found, here)


def fall(found: Setting) -> float:
    """By how many nats the log-likelihood falls one scale to the right of the maximum."""
    return found.most - log_lik(found, found.best._replace(location=found.best.location + found.best.scale))


def _moved_away(asked: Question, found: Setting) -> None:
    """The question about the way away from the maximum: what the way to it gains is on the page."""
    question.number(
        "fall", "From the maximum you move the density to the right, by its scale there, "
        f"{short(found.best.scale, 3)} {found.unit}. By how many nats does the log-likelihood fall?",
        truth=lambda: fall(found), low=0.0, high=-_doubled(-4.0 * asked.points, -fall(found)), start=0.0, step=0.5,
        unit="nats", form="{:.1f}", about=f"{asked}",
        why=lambda exact: f"From {number(found.most)} to {number(found.most - exact)} nats, "
        f"{short(exact / asked.points, 3)} for each point on average: together the points become "
        f"${_exp(exact)}$ times less probable." + (
            " For a Gaussian it is n/2 nats, whatever the points are." if asked.family == GAUSSIAN else ""))


def others(found: Setting, here: Place) -> tuple[str, torch.Tensor]:
    """Points (m,) whose product the page does not show: more than are used, or half where theirs is 0. In words too."""
    every = likelihood.load_column(found.question.column)
    if likelihood.terms(found.model(here), found.x).product == 0:
        return f"only the first {len(found.x) // 2} points", every[:len(found.x) // 2]
    if len(found.x) < len(every):
        return f"all {len(every)} points", every
    return "every point twice", torch.cat([every, every])


def _other_points(asked: Question, found: Setting, here: Place) -> None:
    words, x = others(found, here)
    question.choice(
        "product", f"Take {words}, with the density where it is. What does the computer get for the product of their "
        "densities?", PRODUCTS, truth=lambda: _product(found.model(here), x), about=f"{asked} {here}",
        why=lambda _: _why_product(found.model(here), x))


def _product(model: likelihood.Density, x: torch.Tensor) -> str:
    product = likelihood.terms(model, x).product
    return ZERO if product == 0 else SMALL if product <= 1 else LARGE


def _why_product(model: likelihood.Density, x: torch.Tensor) -> str:
    terms = likelihood.terms(model, x)
    lost = "" if terms.first_zero is None else (f" Multiplied from left to right, it is 0 after {terms.first_zero} "
                                                "points.")
    return (f"The sum of the logarithms is {number(terms.log_likelihood)} nats, so the product is "
            f"${_exp(terms.log_likelihood)}$. The smallest positive number of the computer is about {SMALLEST}.{lost}")


def _exp(log_value: float) -> str:
    r"""e^log_value as LaTeX in the form of the formula above, also where no number of the computer is so small.

    >>> print(_exp(-1000.0), _exp(-500 * math.log(10) - 1e-6))
    5.076 \cdot 10^{-435} 1 \cdot 10^{-500}
    """
    if abs(log_value) < MOST_NATS:
        return latex(math.exp(log_value))
    power = math.floor(log_value / math.log(10))
    mantissa, carried = f"{math.exp(log_value - power * math.log(10)):.3e}".split("e")
    return rf"{float(mantissa):g} \cdot 10^{{{power + int(carried)}}}"


def code(asked: Question, found: Setting, here: Place) -> None:
    """What ran, and a script with the same numbers."""
    terms = likelihood.terms(found.model(here), found.x)
    source_code.show(
        [likelihood.terms, likelihood.fit],
        formula=r"\theta^* = \arg\max_\theta \prod_{i=1}^n p(x_i|\theta) = \arg\max_\theta \sum_{i=1}^n \log "
        r"p(x_i|\theta)",
        script=f"""
            from dgm import likelihood
            x = likelihood.load_column({asked.column!r})[:{asked.points}]
            model = likelihood.{found.model(here)!r}
            terms = likelihood.terms(model, x)
            numbers = {{"log-likelihood": terms.log_likelihood, "product": terms.product,
                       "mean term": terms.mean}}
        """, numbers={"log-likelihood": terms.log_likelihood, "product": terms.product, "mean term": terms.mean})
