"""The settings of the two runs A and B: five that may differ, the others are those of the visitor's run."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from dgm import vae
from dgm.vae.live_training import Record
from dgm.vae.runs import as_printed
from pages.vae import own_run
from pages.vae.state import PRINTED
from ui import controls, style

SIDES = ("A", "B")
REFERENCE = Path(__file__).with_name("reference_pairs.json")     # made by `python -m tools.vae_references`
FIELDS = ("gradient", "rule", "optimizer", "beta", "latent")    # of the controls `a_...` and `b_...`
NAMES = {"gradient": "", "rule": "", "optimizer": "", "beta": "β = ", "latent": "latents: "}


class Sides(NamedTuple):
    """The two configurations, and in words how each differs from the other."""

    a: vae.Config
    b: vae.Config
    words: tuple[str, str]


def draw(count: int) -> Sides:
    """Draw the settings of both sides and return what they say. count: n, the training images."""
    if not style.presenting():      # there each label names its side, and both sides are on the first screen
        st.markdown("**Settings of A and B.** Data and all other settings are those of my run, below.")
    chosen = [_draw_side(side, place) for side, place in zip(SIDES, st.columns(2), strict=True)]
    return sides(chosen[0], chosen[1], own_run.config(), count)


def _draw_side(side: str, place: Any) -> dict[str, Any]:
    with place:
        return {name: controls.draw(f"{side.lower()}_{name}") for name in FIELDS}


def sides(first: dict[str, Any], second: dict[str, Any], base: vae.Config, count: int) -> Sides:
    """Both configurations. first, second: the values of FIELDS. base: all else. count: n."""
    differing = [name for name in FIELDS if first[name] != second[name]]
    a, b = (_config(chosen, base, count) for chosen in (first, second))
    return Sides(a, b, (_words(first, differing), _words(second, differing)))


def _config(chosen: dict[str, Any], base: vae.Config, count: int) -> vae.Config:
    config = replace(base, **{name: chosen[name] for name in FIELDS if name != "rule"})
    return as_printed.configured(config, count) if chosen["rule"] == PRINTED else config


def _words(chosen: dict[str, Any], differing: Sequence[str]) -> str:
    return ", ".join(f"{NAMES[name]}{chosen[name]:g}" if name in ("beta", "latent") else chosen[name]
                     for name in differing) or "same settings"


def name(config: vae.Config, count: int) -> str:
    """The name under which a run is kept: its settings, as far as they are not the first ones. count: n, its images."""
    first = vae.Config()
    beta = "as printed" if config.beta == 1 / count else f"beta {config.beta:.3g}"
    texts = {"gradient": config.gradient, "optimizer": config.optimizer, "latent": f"{config.latent} latents",
             "beta": beta, "learning_rate": f"rate {config.learning_rate:g}",
             "hidden": f"{config.hidden} units", "batch": f"batch {config.batch}", "seed": f"seed {config.seed}"}
    found = ", ".join(text for field, text in texts.items() if getattr(config, field) != getattr(first, field))
    return found or "first settings"


@cache
def _references() -> dict[str, list[list[list[float]]]]:
    found: dict[str, list[list[list[float]]]] = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return found


def reference_key(a: vae.Config, b: vae.Config, images: vae.Images) -> str:
    """Identifies a finished pair of runs."""
    return f"{images.name} {a!r} {b!r}"


def reference(found: Sides, images: vae.Images) -> tuple[list[Record], list[Record]]:
    """The records of a finished pair with these settings, empty where the page brings none."""
    both = _references().get(reference_key(found.a, found.b, images), [[], []])
    first, second = ([Record(int(row[0]), *row[1:]) for row in rows] for rows in both)
    return first, second
