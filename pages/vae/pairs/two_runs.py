"""The VAE page's part on two runs: A and B on the same images, noise and axes, and finished runs beside them."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dgm import jobs, vae
from dgm.vae import live_training
from dgm.vae.live_training import Record
from dgm.vae.runs import pair
from pages.vae import own_run, scene, shown_model
from pages.vae.figures import image_sheet
from pages.vae.figures import runs as figures
from pages.vae.pairs import kept_runs, pair_settings, printed_rule
from pages.vae.pairs.pair_settings import SIDES, Sides
from pages.vae.scene import Scene
from ui import controls, live_run, page, source_code

PAGE = "vae pair"
STEPS = 20          # of the step button
SIDE = 9            # images of a manifold in a row
SECONDS = 1.2       # between two refreshes
INTRODUCTION = (
    "Two runs, **A** and **B**, start from the same weights. In each step both draw the same images and the same "
    "$\\epsilon$. So the curves differ only by the setting that differs. In the formula, $f(\\mathbf{z}) = \\log "
    "p(\\mathbf{x}|\\mathbf{z}, \\theta)$, and $g$ turns $\\epsilon$ into the code $\\mathbf{z}$.")
TERMS = ("log-derivative trick", "reparametrization trick", "bound", "reconstruction", "KL to the prior", "held-out",
         "β", "nat")
FORMULA = (r"\begin{aligned}\nabla_\phi \mathbb{E}_q f(\mathbf{z}) &= \mathbb{E}_q\, f(\mathbf{z})\, \nabla_\phi \log "
           r"q(\mathbf{z}|\mathbf{x},\phi) \\ &= \mathbb{E}_\epsilon \nabla_\phi f(g(\mathbf{x}, \epsilon, \phi))"
           r"\end{aligned}")


def part() -> None:
    """The curves of both runs, what their decoders draw, the settings, the kept runs, and the rule as printed."""
    page.introduction(INTRODUCTION, FORMULA, TERMS)
    stage, buttons, below = st.container(), st.container(), st.container()
    shown, sides = _settings(below)
    run = ensure(sides, shown)
    with stage:
        live_run.auto_refresh(run, lambda: _curves(run, sides, shown), "pair", every=SECONDS)
    with buttons:
        live_run.buttons(run, PAGE, steps=STEPS)
        live_run.auto_refresh(run, lambda: live_run.progress_bar(
            run, per_step=sides.a.batch + sides.b.batch, device=shown.device, name="My runs A and B"), "pair progress")
    page.section(lambda: printed_rule.part(shown.images))
    _code(run, sides, shown)


def _settings(place: DeltaGenerator) -> tuple[Scene, Sides]:
    with place:
        sides_place = st.container()
        shown = scene.below(own=False)
        with sides_place:
            return shown, pair_settings.draw(len(shown_model.parts(shown.images).train))


def ensure(sides: Sides, shown: Scene) -> jobs.Run:
    """This session's pair of runs: another setting begins another pair."""
    run = live_run.ensure_run(
        PAGE, (shown.images, sides), None,
        make=lambda: jobs.Run(pair.advance, pair.start(sides.a, sides.b, shown.images), shown.images),
        tune=lambda found: found)
    run.total = controls.value("steps")
    return run


# The curves and the pictures -----------------------------------------------------------------------------------------


def _curves(run: jobs.Run, sides: Sides, shown: Scene) -> None:
    both: pair.Pair = run.latest
    kept: kept_runs.Curves = controls.value("kept")
    finished = 0        # steps of the finished runs, where these are shown
    current = [kept_runs.curve(f"{name}: {words}", records) for name, words, records in zip(
        SIDES, sides.words, (both.a.records, both.b.records), strict=True) if len(records) > 1]
    if not current:
        current = [kept_runs.curve(f"{name}: {words}, a finished run", records) for name, words, records in zip(
            SIDES, sides.words, pair_settings.reference(sides, shown.images), strict=True) if records]
        finished = max((int(line.steps[-1]) for line in current), default=0)
    lines = [figures.Line(*each) for each in (*current, *kept)]
    if not lines:
        st.info("Press Train: the curves of both runs appear here.", icon=":material/play_arrow:")
    else:
        page.figure(figures.overlay(lines, page.palette()), key="pair", alt=figures.overlay_alt(lines))
    if finished:
        st.caption(f"Both runs were trained before, with these settings, for {finished:,} steps. Train starts your "
                   "own, and their curves replace these.")
    _keep(both, kept, len(shown_model.parts(shown.images).train))
    if both.step:
        _pictures(both, shown)


def _pictures(both: pair.Pair, shown: Scene) -> None:
    """What the two decoders draw over the prior, side by side."""
    for place, name, training in zip(st.columns(2), SIDES, (both.a, both.b), strict=True):
        with place:
            images = vae.manifold(training.checkpoint, SIDE).images.flatten(0, 1)
            page.picture(image_sheet.png(images.float().numpy(), shown.shape, SIDE, page.palette()), width=420,
                         alt=f"{SIDE} by {SIDE} images decoded by run {name} at step {training.step}.")
            st.caption(f"{name}, step {training.step:,}: decoder means over the prior.")


# Runs that are kept --------------------------------------------------------------------------------------------------


def _keep(both: pair.Pair, kept: kept_runs.Curves, count: int) -> None:
    """Buttons that keep a run under a name, and drop one. count: n, the training images."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="kept runs"):
        for side, training in zip(SIDES, (both.a, both.b), strict=True):
            name = pair_settings.name(training.checkpoint.config, count)
            st.button(f"Keep {side} as “{name}”", key=f"keep {side}", disabled=len(training.records) < 2, on_click=_add,
                      args=(kept, name, training.records), icon=":material/bookmark_add:")
        for each in kept:
            st.button(f"Drop {each.name}", key=f"drop {each.name}", on_click=_drop, args=(kept, each.name),
                      type="tertiary", icon=":material/close:")
    st.caption(f"Up to {kept_runs.MOST} runs are kept; their curves are in the link, their weights are not.")


def _add(kept: kept_runs.Curves, name: str, records: tuple[Record, ...]) -> None:
    controls.set_value("kept", kept_runs.added(kept, kept_runs.curve(name, records)))


def _drop(kept: kept_runs.Curves, name: str) -> None:
    controls.set_value("kept", tuple(each for each in kept if each.name != name) or None)


def _code(run: jobs.Run, sides: Sides, shown: Scene) -> None:
    both: pair.Pair = run.latest
    first = pair.start(sides.a, sides.b, shown.images) if both.step else both
    found = [shown_model.measured(training.checkpoint, shown.images) for training in (first.a, first.b)]
    configs = [repr(config).replace("Config(", "vae.Config(") for config in (sides.a, sides.b)]
    source_code.show(
        [pair.start, pair.advance, live_training.measure], formula=FORMULA,
        script=f"""
            {own_run.imports(shown.images)}
            from dgm.vae import live_training
            from dgm.vae.runs import pair
            images = {own_run.images_as_code(shown.images)}
            both = pair.start({configs[0]}, {configs[1]}, images)
            # both = pair.advance(both, images, 1000) trains them
            a, b = (live_training.measure(run.checkpoint, vae.split_images(images)) for run in (both.a, both.b))
            numbers = {{"bound of A": a.held_out_recon - a.held_out_kl, "bound of B": b.held_out_recon - b.held_out_kl}}
        """,
        numbers={f"bound of {name}": record.held_out_recon - record.held_out_kl
                 for name, record in zip(SIDES, found, strict=True)},
        own=own_run.own(shown.checkpoint, shown.images))


