"""The curves of the runs that the pretrained models come from, as tables beside the weights.

A pretrained model is the average of the parameters over the steps of its run; the curve is that of the run itself.
"""

from functools import cache
from pathlib import Path

from dgm.vae.checkpoints.recipes import RECIPES
from dgm.vae.images import Images
from dgm.vae.live_training import Record, advance, start


@cache
def curve(name: str) -> tuple[Record, ...]:
    """The records of the run behind the pretrained model of data set `name`; empty where there is none.

    >>> from dgm.vae.checkpoints import curves
    >>> curves.curve("digits")[0].step, curves.curve("no data set")
    (0, ())
    """
    if name not in RECIPES:
        return ()
    _, *lines = Path(__file__).with_name(f"{name}.csv").read_text(encoding="utf-8").split()
    rows = [line.split(",") for line in lines]
    return tuple(Record(int(step), *map(float, terms)) for step, *terms in rows)


def make(name: str, steps: int) -> str:
    """Train the model of data set `name` again for so many steps; its curve as a table."""
    images = Images(name)
    run = advance(start(RECIPES[name].config, images), images, steps)
    rows = [",".join([str(record.step), *(f"{term:.3f}" for term in record[1:])]) for record in run.records]
    return "\n".join([",".join(Record._fields), *rows]) + "\n"


def write(name: str, steps: int, folder: Path) -> None:
    """Make the curve and store it in the folder of the weights."""
    (folder / f"{name}.csv").write_text(make(name, steps), encoding="utf-8")
