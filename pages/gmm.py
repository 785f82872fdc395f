"""Lesson: a mixture of Gaussians fitted by EM, half-step by half-step."""

import streamlit as st

from dgm import gmm, gmm_bound, gmm_evidence, gmm_selection
from dgm.figures import gmm_climb, gmm_history
from dgm.figures import ruler as ruler_figures
from dgm.ui import controls, gmm_controls, gmm_museum, gmm_scene, gmm_views, lesson, question
from dgm.ui.live_figure import HoverLink, live_figures

lesson.opening("gmm")
lesson.presets(gmm_museum.PRESETS)

setting, axes, ended, key = gmm_controls.settings()
data = gmm_scene.of(setting)
climb, film = gmm_scene.climb(setting), gmm_scene.film(setting, axes)
gmm_controls.remember(setting, climb.steps[0].params.means.tolist(), axes)
last = climb.steps[-1]

lesson.heading("One climb, half-step by half-step")
known = data.labels is not None and controls.switch(
    "Show the fit with known z", "known", help="Dotted: one M-step with the true components as responsibilities.")
pictures = gmm_scene.pictures(setting, axes, lesson.palette().dark, known)
log_lik, bound = gmm_scene.curves(film)
start = len(film.frames) - 1 if ended else 0
hover = HoverLink(gmm_history.POINTS, film.table, gmm_history.BARS, gmm_history.outlines(setting.k), bars_figure=1)
events = live_figures(
    pictures, key=key, captions=film.captions, halves=("E", "M"), commit=True, start=start, hover=hover,
    drag={"trace": gmm_history.handles(setting.k), "names": [f"mean {j + 1}" for j in range(setting.k)]},
    alts=[gmm_history.plane_alt(len(film.x), setting.k, len(film.frames), log_lik[0], log_lik[-1]),
          gmm_history.beside_alt(bound[-1], log_lik[-1])])
frame = start if events.frame is None else events.frame
st.caption("E moves the responsibilities, M the mixture. Point at a point to see its responsibilities, at an ellipse "
           "to see its points. At the start the numbered means can be dragged: EM then climbs from there."
           + ("" if len(film.rows) == len(data.x) else f" {len(film.rows):,} of {len(data.x):,} points are drawn."))
gmm_museum.say_end(climb, setting)

half = film.path[film.at[frame]]
parts = gmm_scene.parts(setting, int(film.at[frame]))
lesson.claim(
    "The E half-step moves q alone and closes the gap; the M half-step moves the mixture alone and raises the bound. "
    "So log p(x), which lies above the bound, cannot fall.",
    lesson.term("evidence", r"\log p(\mathbf{X}|\theta)/N", parts.log_lik, "nats") + "="
    + lesson.term("q", r"\mathcal{L}(q, \theta)", parts.bound) + "+"
    + lesson.term("gap", r"KL(q\,\|\,p(\mathbf{Z}|\mathbf{X},\theta))", max(parts.gap, 0.0)))
ruler = ruler_figures.Terms(parts.reconstruction, parts.kl, parts.log_lik)
lesson.figure(ruler_figures.ruler(ruler, lesson.palette(), unit="nats per point"), key="ruler",
              alt=ruler_figures.ruler_alt(ruler, unit="nats per point"))
st.caption(f"At this half-step, in nats per point: incomplete log p(x) = {parts.log_lik:.4f}; complete "
           f"E_q log p(x, z) = {parts.complete:.4f}; the difference to the bound is the entropy of q, "
           f"{parts.entropy:.4f}. With the prior on the covariances the objective at the end is "
           f"{last.objective:.4f}; log p(x) alone is {last.log_lik:.4f}.")

if question.number(
        "steps", "From this start, how many EM steps until one gains less than 1e-7 nats per point?",
        truth=lambda: float(last.index), why=lambda exact: gmm_museum.speed(climb),
        low=0, high=gmm_scene.MOST_STEPS, start=20, step=1, unit="steps", form="{:.0f}"):
    lesson.figure(gmm_climb.speed([step.gain for step in climb.steps], [step.rate for step in climb.steps],
                                  lesson.palette()), key="speed", alt=gmm_climb.speed_alt(climb.steps))

lesson.heading("What the mixture is")
view = controls.choice("Show", "view", list(gmm_views.VIEWS), many=False)
shown = gmm_views.Shown(setting, axes, int(film.at[frame]))
gmm_views.VIEWS[view](shown)

lesson.heading("How many components?")
if question.choice("components", "Which K does BIC prefer for these points and this kind of covariance?",
                   [str(k) for k in range(1, gmm_scene.SEARCHED + 1)],
                   truth=lambda: str(gmm_selection.best(gmm_scene.candidates(setting)).k),
                   why=lambda k: "The likelihood of the fitted points goes on rising with K; BIC charges "
                   "half a log N for each parameter, and points that EM never saw charge for themselves."):
    row = gmm_scene.candidates(setting)
    lesson.figure(gmm_climb.criteria(row, lesson.palette()), key="criteria", alt=gmm_climb.criteria_alt(row))

lesson.heading("EM beside k-means")
if question.number("groups", "k-means starts from the same means. How many points does it put into another group?",
                   truth=lambda: float(gmm_views.comparison(setting).changed),
                   why=lambda exact: "k-means is EM with one round, vanishing covariance and hard responsibilities: it "
                   "measures distance in the data's units, so a column with large numbers decides alone.",
                   low=0, high=len(data.x), start=len(data.x) // 10, step=1, unit="points",
                   form="{:.0f}"):
    gmm_views.kmeans(shown)

lesson.heading("A complex density as a sum of faint Gaussians")
columns = st.columns(4)
with columns[0]:
    slope = controls.slider("Slope", "slope", -2.0, 2.0, 1.0, step=0.1)
with columns[1]:
    swing = controls.slider("Swing", "swing", 0.0, 3.0, 1.5, step=0.1)
with columns[2]:
    frequency = controls.slider("Frequency", "frequency", 0.0, 6.0, 2.0, step=0.1)
with columns[3]:
    noise = controls.slider(r"Noise $\sigma$", "noise", 0.05, 1.5, 0.3, step=0.05)
columns = st.columns(3)
with columns[0]:
    place = controls.slider("x", "at", -6.0, 6.0, 1.0, step=0.1)
with columns[1]:
    samples = controls.slider("Samples of z", "samples", 2, 2000, 30)
with columns[2]:
    draws = controls.seed("Seed of the samples", "draws")
curve = gmm_evidence.Curve(slope, swing, frequency, noise)
point = gmm_views.evidence_at(curve, place, samples, draws)
lesson.claim(
    r"$z \sim \mathcal{N}(0, 1)$, $x|z \sim \mathcal{N}(g(z), \sigma^2)$, $g(z)$ = slope z + swing sin(frequency z): "
    "each z adds one faint Gaussian, and their sum is a density that no single Gaussian is.",
    lesson.term("evidence", rf"p(x={place:g})", point.exact) + r"= \int p(x|z)\,p(z)\,dz \;\approx\;"
    + lesson.term("q", r"\frac{1}{S}\sum_s p(x|z_s)", rf"{point.estimate:.4g} \pm {point.error:.2g}")
    + r",\quad z_s \sim p(z)")
gmm_views.faint(curve, place, samples, draws)

gmm_museum.museum()
gmm_museum.task(setting, last)

lesson.code(
    [gmm.em, gmm.e_step, gmm.m_step, gmm_bound.elbo, gmm_evidence.evidence],
    formula=r"q(z_n = k) = \frac{\pi_k \mathcal{N}(\mathbf{x}_n|\mu_k, \Sigma_k)}{\sum_j \pi_j "
    r"\mathcal{N}(\mathbf{x}_n|\mu_j, \Sigma_j)}, \qquad \theta^* = \arg\max_\theta \mathcal{L}(q, \theta)",
    script=gmm_museum.script(setting), numbers={"log p(x)": last.log_lik, "objective": last.objective,
                                                 "steps": float(last.index)})
lesson.closing("gmm")
