"""The mixture as a generator: draw z, draw x, hide z; then what Bayes' theorem says about a point's z."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dgm import gmm
from pages.gmm import results
from pages.gmm.figures import drawing, plane
from pages.gmm.results import Drawn, EmRun, registry_points
from pages.gmm.state import EM, SETS
from ui import cache, controls, page, question
from ui.components.live_figure import Packed, linked_frame, live_figures
from ui.figures.theme import DARK, LIGHT
from ui.figures.written import placed
from ui.messages import escaped
from ui.own_data import drawing as own_drawing

FEWEST = 6          # points that are handed over to EM
COUNT = 40          # points that are drawn one after the other
FIRST = 2 * 24      # the half-step that is shown first: 24 points
KEY = "draws"
QUESTION = "z of a point"


@cache.shared()
def _figures(setting: results.Setting, axes: results.Axes, draw_seed: int, dark: bool, hidden: bool,
             covered: bool, _run: EmRun) -> tuple[Packed, Packed, gmm.Sample]:
    """The two figures, and the sample that they show. covered: whether the point of the question has no colour."""
    theta, palette = _run.last.params, DARK if dark else LIGHT
    sample = gmm.sample(theta, COUNT, draw_seed)
    flat, z = plane.marginal(theta, axes), sample.z.numpy()
    x = sample.x[:, list(axes)].numpy()
    shown = results.drawn(_run.points, axes, setting.k)
    bounds = plane.bounds_of(np.concatenate([x, shown.places]), flat)
    return (Packed(drawing.plane(x, z, flat, bounds, shown.columns, palette, hidden=hidden,
                                 uncoloured=most_in_doubt(sample, theta) if covered else None)),
            Packed(drawing.weights(z, flat, palette, hidden=hidden)), sample)


def show(run: EmRun, shown: Drawn, setting: results.Setting, below: DeltaGenerator) -> None:
    """The figures with the buttons "Draw z" and "Draw x", and what can be done with the points.

    below: the place of the question.
    """
    place = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        hidden = controls.draw("hide_z")
        seed = controls.draw("draw_seed")
        find = st.container(width="content")
    covered = not question.revealed(QUESTION, _about(setting, seed))
    planes, bars, sample = _figures(setting, shown.axes, seed, page.palette().dark, hidden, covered, run)
    base = (setting, shown.axes, seed, (hidden, covered))
    start, frame = linked_frame.reached("drawn", KEY, base, first=FIRST, count=2 * COUNT + 1, linked=base[:-1])
    with place:
        theta, z = plane.marginal(run.last.params, shown.axes), sample.z.numpy()
        live_figures(
            [planes, bars], key=KEY, base=base, halves=("Draw z", "Draw x"), commit=True, start=start,
            captions=_captions(z, hidden),
            alts=[drawing.plane_alt(frame // 2, setting.k, hidden), drawing.weights_alt(z[:(frame + 1) // 2], theta)])
    with find:
        st.button("Find z with EM", key=f"{controls.OPENS} EM", icon=":material/arrow_forward:", on_click=_hand_over,
                  args=(sample, shown, max(frame // 2, FEWEST)),
                  help="Opens the part “EM” with the points drawn so far, without their z. EM numbers the components "
                  "anew.")
    with below:
        question_of_z(run, sample, setting, seed)


def _captions(z: np.ndarray, hidden: bool) -> list[str]:
    """What each half-step drew. z: (n,) the components. hidden: whether they are left out."""
    texts = ["Nothing is drawn yet. Press “Draw z”, then “Draw x”"]
    for number, component in enumerate(z, 1):
        which = ("a component z", "its Gaussian") if hidden else (f"component z = {component + 1}",
                                                                  f"Gaussian {component + 1}")
        texts += [f"Point {number}: {which[0]} was drawn. Next: x from its Gaussian",
                  f"Point {number}: x was drawn from {which[1]}"]
    return texts


def _hand_over(sample: gmm.Sample, shown: Drawn, count: int) -> None:
    """Open the part EM with the points that are drawn so far, on the two columns that are shown."""
    points = tuple((float(f"{x:.4g}"), float(f"{y:.4g}")) for x, y in sample.x[:count, list(shown.axes)].tolist())
    data = controls.value("data")
    columns = registry_points(SETS[data]).columns
    if not set(shown.columns) <= set(columns):      # a visitor's, whose names the link does not carry
        named = {"own_axes": next(iter(own_drawing.AXES))}
    else:
        axes = dict(zip("hv", shown.columns, strict=True)) if len(columns) > 2 else {}
        named = {"data": data, "own_axes": own_drawing.PAGE_AXES, **axes}
    controls.reset({"own": points, "part": EM, "k": controls.value("k"), **named})


def _with_unit(column: str, value: str) -> str:
    """A value behind its column's name, as in a sentence: "waiting 65.3 min" for the column "waiting [min]"."""
    name, _, unit = column.partition(" [")
    return escaped(f"{name} {value} {unit.removesuffix(']')}".strip())


def _about(setting: results.Setting, seed: int) -> str:
    return f"{setting} {seed}"


def most_in_doubt(sample: gmm.Sample, theta: gmm.Params) -> int:
    """The place of the drawn point whose largest responsibility is the smallest."""
    return int(gmm.e_step(sample.x, theta).resp.amax(1).argmin())


def question_of_z(run: EmRun, sample: gmm.Sample, setting: results.Setting, seed: int) -> None:
    """The responsibility of one component for the drawn point whose z is most in doubt."""
    resp = gmm.e_step(sample.x, run.last.params).resp
    if setting.k < 2:
        return
    point = most_in_doubt(sample, run.last.params)
    spread = (sample.x.amax(0) - sample.x.amin(0)).tolist()
    place = zip(run.points.columns, sample.x[point].tolist(), spread, strict=True)
    where = ", ".join(_with_unit(name, placed(value, length)) for name, value, length in place)
    best = int(resp[point].argmax())
    question.number(
        QUESTION, f"Of one point you see only where it lies: {where}. How probable is it, in percent, that "
        f"it came from component {best + 1}?", truth=lambda: 100 * float(resp[point, best]),
        why=lambda _: f"Bayes' theorem: π times the density of component {best + 1} at this point, divided by the sum "
        f"over all components. The z that was drawn is {int(sample.z[point]) + 1}.",
        low=0, high=100, start=50, step=1, unit="%", form="{:.0f}", about=_about(setting, seed))
