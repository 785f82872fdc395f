"""The mixture page's situations: presets, the museum of failures, what an end means, the challenge, the script."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import streamlit as st

from dgm import gmm
from dgm.ui import gmm_scene, lesson
from dgm.ui.gmm_scene import EXACT, OWN, Setting

END = {"from": "at the end"}
GOAL = -4.1       # nats per point: above the local maximum where most starts end, below the best


class Exhibit(NamedTuple):
    """One failure: its name, the controls that show it, and what to see there."""

    name: str
    state: Mapping[str, Any]
    lesson: str


MUSEUM = (
    Exhibit("Singular component", {"k": 12, "cov": "diag", "seed": 11, "floor": EXACT} | END,
            "Many eruptions have the very same waiting time. A component that narrows onto them has a density without "
            "bound: exact EM runs away and stops with a named error. The covariance floor is the remedy."),
    Exhibit("Bad start", {"data": "three-clusters", "k": 3, "seed": 5} | END,
            "EM ends on the hill where it began: two components share one cluster, one carries two. It is 0.78 nats "
            "per point below what other seeds find. Restarts are the remedy."),
    Exhibit("Label switching", {"seed": 1} | END,
            "The same mixture as with seed 0, to all digits, with the names 1 and 2 exchanged: the likelihood cannot "
            "tell K! namings apart. Compare densities, never component numbers."),
    Exhibit("Too many components", {"k": 9} | END,
            "log p(x) of the fitted points is higher than with K = 2, and points that EM never saw pay for it: see "
            "the curve over K below."),
    Exhibit("Wrong covariance", {"data": "three-clusters", "k": 3, "cov": "spherical"} | END,
            "Three slanted clusters and only round components: 0.40 nats per point are lost that full covariances "
            "have, and BIC asks for more components than there are clusters."),
    Exhibit("No mixture of Gaussians", {"data": "moons", "k": 2} | END,
            "Two half circles: the density is fair, the components are not the clusters. A good likelihood is no proof "
            "that z means something."),
)

PRESETS: dict[str, Mapping[str, Any]] = {
    "Old Faithful": {},
    "Known truth": {"data": "three-clusters", "k": 3, "known": True},
    "Overlap": {"data": "overlapping", "k": 2, "known": True},
    "Iris": {"data": "iris", "k": 3, "seed": 1},
    "Points of your own": {"own": "1_1_1.5_2_2_1.2_1.2_1.7_1.8_1.9_2.2_2.1_7_7.5_7.6_8_6.9_8.4_8_7.2_7.4_7.1_8.2_8.3"},
    "Challenge": {"k": 3},
    **{exhibit.name: exhibit.state for exhibit in MUSEUM[:2]},
}


def museum() -> None:
    """Every failure with what to see, and the link that shows it."""
    lesson.heading("A museum of failures")
    for exhibit in MUSEUM:
        st.markdown(f"**[{exhibit.name}](?{urlencode(exhibit.state)})** {exhibit.lesson}")


def say_end(climb: gmm.Trace, setting: Setting) -> None:
    """How the climb ended, when that is worth a word."""
    last = climb.steps[-1]
    if climb.end == "collapsed":
        st.error(f"After {last.index} steps {climb.message}. log p(x) had reached {last.log_lik:.3f} nats per point.",
                 icon=":material/compress:")
    elif climb.end == "stopped":
        st.info(f"The film stops after {last.index} steps; the last gained {last.gain:.1e} nats per point, and at "
                f"this rate {_still(last)} are left.", icon=":material/hourglass:")
    else:
        st.caption(f"EM {climb.message}: log p(x) = {last.log_lik:.4f} nats per point, "
                   f"{'best of ' + str(setting.restarts) + ' starts' if setting.restarts > 1 else 'one start'}.")


def _still(last: gmm.Step) -> str:
    more = last.remaining(gmm_scene.TOL)
    return f"about {more:.0f} more" if more < 1e6 else "very many more"


def speed(climb: gmm.Trace) -> str:
    """Why EM takes as many steps as it takes."""
    last, middle = climb.steps[-1], climb.steps[len(climb.steps) // 2]
    return (f"Near the end each step leaves a share {last.rate:.3f} of the distance: EM's rate is the largest share of "
            f"information that is missing because z is unknown. Already at step {middle.index} the rate predicted "
            f"{middle.index + middle.remaining(gmm_scene.TOL):.0f} steps in all.")


def task(setting: Setting, last: gmm.Step) -> None:
    """The challenge: another start, a better end."""
    here = (setting.data, setting.k, setting.covariance) == ("faithful", 3, "full")
    reached = here and last.log_lik > GOAL
    progress = f"{last.log_lik:.4f} nats per point" if here else "choose Old Faithful, K = 3 and full covariances first"
    lesson.challenge("On Old Faithful with K = 3 and full covariances most starts end at -4.115 nats per point. Drag "
                     f"the means, or try seeds, until a climb ends above {GOAL:g}. What does the third component catch "
                     "there?", reached, progress)


def script(setting: Setting) -> str:
    """The page's numbers without the page."""
    load = (f'x = datasets.load("{setting.data}").x' if setting.data != OWN else
            'x = tables.parse(open("points.csv").read()).x    # your points, saved as this file')
    steps = gmm_scene.most_steps(setting)
    return f"""
        from dgm import datasets, gmm, runtime, tables
        {load}
        climbs = []
        for r in range({1 if setting.start == "given" else setting.restarts}):
            seed = runtime.mix({setting.seed}, r) if r else {setting.seed}
            start = gmm.init(x, {setting.k}, seed, {setting.start!r}{_given(setting)})
            climbs.append(gmm.trace(x, start, {setting.covariance!r}, {setting.floor}, tol={gmm_scene.TOL},
                                    max_steps={steps}).steps[-1])
        last = max(climbs, key=lambda step: step.objective)
        numbers = {{"log p(x)": last.log_lik, "objective": last.objective, "steps": last.index}}
    """


def _given(setting: Setting) -> str:
    return f", means={[list(mean) for mean in setting.means]}" if setting.means else ""
