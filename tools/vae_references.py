"""The finished runs that the VAE page shows before anybody trains: pairs A and B, and one model for each beta.

    python -m tools.vae_references      (some minutes; writes pages/vae/pairs/reference_pairs.json and
                                         pages/vae/reference_sweep.json; `make checkpoints` calls it)
"""

import json
from collections.abc import Iterator
from typing import Any

from dgm import vae
from dgm.vae.runs import pair
from pages.vae import collapse, sweep_fold
from pages.vae.pairs import pair_settings
from pages.vae.pairs.pair_settings import FIELDS
from pages.vae.state import CONTROLS, PRESETS, TWO

IMAGES = vae.Images(CONTROLS["data"].default)
STEPS = 2000        # of a pair
LATENTS = (10, 2)   # of the swept models
POINTS = 60         # of a curve


def pairs() -> Iterator[tuple[str, list[list[list[float]]]]]:
    """The records of both runs of every situation of the part."""
    count = len(vae.split_images(IMAGES).train)
    for name, state in PRESETS.items():
        if state.get("part") == TWO:
            first, second = ({field: state.get(f"{side}_{field}", CONTROLS[f"{side}_{field}"].default)
                              for field in FIELDS} for side in "ab")
            sides = pair_settings.sides(first, second, vae.Config(), count)
            both = pair.advance(pair.start(sides.a, sides.b, IMAGES), IMAGES, STEPS)
            print(name, flush=True)
            yield pair_settings.reference_key(sides.a, sides.b, IMAGES), [
                [[record.step, *(round(value, 2) for value in record[1:])] for record in _thinned(run.records)]
                for run in (both.a, both.b)]


def _thinned(records: tuple[Any, ...]) -> tuple[Any, ...]:
    return records if len(records) <= POINTS else _thinned(records[::2])


def sweeps() -> Iterator[tuple[str, list[list[Any]]]]:
    """The points of the sweeps."""
    for latent in LATENTS:
        plan = sweep_fold.Plan(vae.Config(latent=latent), IMAGES, collapse.BETAS, collapse.STEPS)
        found = sweep_fold.advance(sweep_fold.Sweep(), plan, len(plan.betas))
        print(latent, flush=True)
        yield collapse.reference_key(plan), [[each.beta, round(each.recon, 2), [round(value, 4) for value in each.kl],
                                              each.active] for each in found.points]


if __name__ == "__main__":
    pair_settings.REFERENCE.write_text(json.dumps(dict(pairs()), separators=(",", ":")) + "\n", encoding="utf-8")
    collapse.REFERENCE.write_text(json.dumps(dict(sweeps()), separators=(",", ":")) + "\n", encoding="utf-8")
