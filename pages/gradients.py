"""Lesson: the gradient lab, log-derivative against reparametrization."""

import math

import streamlit as st

from dgm import gradients
from dgm.figures import gradients as figures
from dgm.figures import gradients_runs as runs
from dgm.figures.gradients import short
from dgm.ui import controls, gradients_further, gradients_lab, lesson, question
from dgm.ui.gradients_lab import LATEX, LEFT, RIGHT, SAMPLED

PRESETS = {
    "A parabola, off its minimum": {},
    "At the minimum": {"mu": 2.0},
    "Add 50 to f": {"offset": 50.0},
    "Shrink σ": {"sigma": 0.05},
    "64 dimensions": {"dims": 64},
    "The best baseline": {"left": "log-derivative + best baseline"},
    "A wave: reparametrization loses": {"cost": "cosine", "k": 12.0, "sigma": 1.0, "mu": 0.5},
    "A step: reparametrization is wrong": {"cost": "formula", "text": "step(x)", "sigma": 1.0, "mu": 0.4},
    "Infinite variance": {"cost": "formula", "text": "exp(0.3*x**2)", "sigma": 1.0},
    "q = posterior, everything sampled": {"cost": "sampled bound", "k": 2.0, "mu": 1.0, "sigma": 0.71},
}

lesson.opening("gradients")
lesson.presets(PRESETS)
lab = gradients_lab.settings()
parameter = LATEX[lab.parameter]
choose_left, choose_right, choose_samples, choose_seed = st.columns([3, 3, 2, 1])
with choose_left:
    left = controls.choice("Left estimator", "left", LEFT, many=True)
with choose_right:
    right = controls.choice("Right estimator", "right", RIGHT, many=True)
with choose_samples:
    samples = controls.slider("Dots", "dots", 20, 1000, 300, step=20)
with choose_seed:
    seed = controls.seed()
pair = (left, right)
deviations = gradients_lab.deviations(lab, pair)
exact = gradients_lab.mean(lab, LEFT[0])
ratio = gradients_lab.ratio(lab, left, right)

no_ratio = not math.isfinite(ratio)
if no_ratio:
    st.warning(f"The variance of {left} is {short(deviations[left] ** 2)}, that of {right} is "
               f"{short(deviations[right] ** 2)}: there is no ratio to guess.", icon=":material/all_inclusive:")
if no_ratio or question.number(
        "ratio", rf"One sample of $z$, one gradient in ${parameter}$: how many times larger is the variance of the "
        "left estimator than that of the right one?",
        truth=lambda: ratio,
        why=lambda _: f"Exact variances: {left} {short(deviations[left] ** 2)}, {right} "
        f"{short(deviations[right] ** 2)}. A mean of K samples has 1/K of it, so the ratio is also how many times "
        "more samples the left one needs for the same precision.",
        low=0.0, high=500.0, start=2.0, step=1.0, unit="times", form="{:,.0f}" if ratio >= 1000 else "{:.3g}"):
    lesson.claim(
        rf"Both have the mean $\nabla_{parameter}\,\mathbb{{E}}_q f(z)$ for $f = {lab.latex}$; their variances differ.",
        lesson.term("evidence", rf"\nabla_{parameter}\,\mathbb{{E}}_q f", gradients_lab.latex(exact)) + r"\qquad"
        + lesson.term("log-derivative", rf"\mathrm{{Var}}\,[f(z)\,\nabla_{parameter}\log q(z)]",
                      gradients_lab.latex(deviations[left] ** 2)) + r"\qquad"
        + lesson.term("reparametrization", rf"\mathrm{{Var}}\,[\nabla_{parameter} f(g(\xi,\epsilon))]",
                      gradients_lab.latex(deviations[right] ** 2)))
    found = gradients_lab.singles(lab, pair, samples, seed)
    lesson.figure(figures.cloud(found, exact, deviations, lab.parameter, lesson.palette()), key="cloud",
                  alt=figures.cloud_alt(exact, deviations, lab.parameter))
    st.caption("Dots: single gradients, the same noise on both sides. Line: the exact gradient. Band: one exact "
               "standard deviation to each side.")
    if abs(gradients_lab.mean(lab, right) - exact) > 1e-6 * (1 + abs(exact)):
        st.warning(f"{right} has the mean {short(gradients_lab.mean(lab, right))} here, not {short(exact)}: it is "
                   "wrong, because f jumps and its slope knows nothing of that.", icon=":material/warning:")
    lesson.figure(figures.running(gradients_lab.paths(lab, pair, seed), deviations, lesson.palette()), key="running",
                  alt=figures.running_alt(deviations, gradients_lab.length(lab)))

lesson.heading("Why does the log-derivative estimate vary so much?")
anatomy = gradients_lab.anatomy(lab)
st.markdown(r"Write $z = \mu + \sigma\epsilon$ and expand $f$ around $\mu$. The estimate $f(z)\,\nabla\log q(z)$ "
            r"falls into terms of different order in $\sigma$ and of different sign"
            + (" (shown in one dimension)." if lab.dims > 1 else "."))
if question.choice(
        "order", "Which of the terms has a mean that is not zero, so that it carries the gradient?",
        [f"order {term.order}" for term in anatomy.terms], truth=lambda: f"order {anatomy.carrier.order}",
        why=lambda right: f"Only that of {right}. The term of order 1/σ holds f(μ) itself, changes its sign with the "
        "noise and averages to nothing: as σ shrinks it is pure noise that grows."):
    lesson.figure(figures.anatomy(anatomy, lesson.palette()), key="anatomy", alt=figures.anatomy_alt(anatomy))
    lesson.figure(figures.shares(anatomy, lesson.palette()), key="shares", alt=figures.shares_alt(anatomy))
    st.table({term.name: {"order in σ": term.order, "sign": "changes with ε" if term.flips else "that of f′(μ)",
                          "mean": short(term.mean), "variance": short(term.variance)} for term in anatomy.terms})
    if anatomy.tells:
        st.markdown(f"So the answer: the variance is {short(anatomy.variance)}, and {short(anatomy.terms[0].variance)} "
                    "is what the term of order 1/σ alone would have, with its changing sign and its mean of zero. A "
                    "baseline b turns its f(μ) into f(μ) − b. Reparametrization never has the term: it uses f′ and "
                    "not f.")
    else:
        st.markdown("Here f is not smooth on the scale of σ, and higher orders decide: the three terms tell the story "
                    "for a smaller k or σ.")

lesson.heading("Add a constant to f")
raised = gradients_lab.raised(lab, 50.0)
if question.choice(
        "constant", "f gets a constant of 50. The exact gradients stay. Which variances change?",
        ["both", "only the log-derivative's", "only reparametrization's", "neither"],
        truth=lambda: gradients_lab.moved_by(lab, 50.0),
        why=lambda _: f"Log-derivative: from {short(gradients_lab.variance(lab, LEFT[0]))} to "
        f"{short(gradients_lab.variance(raised, LEFT[0]))}. Reparametrization stays at "
        f"{short(gradients_lab.variance(lab, RIGHT[0]))}: the slope of a constant is zero. A baseline takes the "
        "constant off again."):
    st.caption("Move the constant above, then choose a baseline on the left: the two undo each other.")

lesson.heading("Where does each win? Sweeps on exact curves")
choose_axis, choose_set, choose_batch = st.columns(3)
with choose_axis:
    axis = controls.choice("Sweep along", "axis", list(gradients_lab.RANGES), many=True)
with choose_set:
    names = gradients_lab.SETS[controls.choice("Estimators", "set", list(gradients_lab.SETS))]
with choose_batch:
    batch = controls.slider("Samples $K$ per gradient", "K", 1, 64, 1)
if lab.kind == SAMPLED:
    st.info("The sampled bound changes with q: choose another cost to sweep.", icon=":material/info:")
elif question.number(
        "losing", rf"For $f = \cos kx$ with this $\mu$ and $\sigma$: from which frequency $k$ on is reparametrization "
        rf"the noisier estimate of the gradient in ${parameter}$?",
        truth=lambda: gradients_lab.losing_frequency(lab.mu, lab.sigma, lab.parameter),
        why=lambda k: f"At k = {short(k)} the exact curves cross. The slope of a wave grows with k, its height does "
        "not: reparametrization's variance grows as k²/2, the log-derivative's stays bounded.",
        low=0.1, high=20.0, start=5.0, step=0.1):
    swept, marks = gradients_lab.sweep(lab, axis, names, batch, seed)
    lesson.figure(figures.sweep(swept, lab.parameter, marks, lesson.palette()), key="sweep",
                  alt=figures.sweep_alt(swept, lab.parameter, marks))
    st.caption("Lines are exact, dots are sampled with two standard errors, rings are computed crossings of the plain "
               "log-derivative with reparametrization.")

lesson.heading("What does a sample cost?")
per = controls.choice("Variance times", "per", ["evaluation", "second"])
if lab.kind != SAMPLED:
    priced = gradients_lab.prices(lab, gradients_lab.SETS["All"])
    lesson.figure(runs.prices(priced, lab.parameter, per, lesson.palette()), key="prices",
                  alt=runs.prices_alt(priced, lab.parameter, per))
    st.caption("Shorter is better. Seconds are measured on this server, in one dimension; exact baselines are free "
               "here and not in practice.")

lesson.heading("Further")
way = controls.choice("Go on with", "way", list(gradients_further.WAYS), many=False)
gradients_further.WAYS[way](lab)

lesson.challenge("Find a setting where reparametrization is at least 10 times **noisier** than the plain "
                 "log-derivative.", gradients_lab.ratio(lab, LEFT[0], RIGHT[0]) <= 0.1, gradients_lab.standing(lab))

law = gradients.exact(LEFT[0], lab.cost, lab.q)
lesson.code(
    [gradients.log_derivative, gradients.reparametrization, gradients.times_score],
    formula=r"\nabla_\phi q(z|x,\phi) = q(z|x,\phi)\,\nabla_\phi \log q(z|x,\phi), \qquad "
    r"\nabla_\xi \int r(\epsilon)\,h(g(\xi,\epsilon))\,d\epsilon",
    script=gradients_lab.as_code(lab),
    numbers={"gradient": float(law.mean[lab.column]), "log-derivative": gradients_lab.variance(lab, LEFT[0]),
             "reparametrization": gradients_lab.variance(lab, RIGHT[0])})
lesson.closing("gradients")
