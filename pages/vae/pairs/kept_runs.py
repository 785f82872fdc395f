"""Finished runs that are kept by name: their curves, in the link too, so that a link shows them without training.

In the link a run is its name, its last step and POINTS values of reconstruction and KL: `name!step!base64`, runs are
joined by `~`. Values are whole multiples of RECON and KL nats.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dgm.vae.live_training import Record
from ui.control_types import Parameter, plain

MOST = 6                # runs that are kept
POINTS = 24             # of a curve
LONGEST = 40            # characters of a name
RECON, KL = 0.05, 0.005  # nats of one unit
LAST = 200_000          # the largest step
_BYTES = 4 * POINTS


class Curve(NamedTuple):
    """The validation terms of a run, nats per image."""

    name: str
    steps: tuple[float, ...]
    recon: tuple[float, ...]
    kl: tuple[float, ...]


Curves = tuple[Curve, ...]


def curve(name: str, records: Sequence[Record]) -> Curve:
    """The validation curve of some records."""
    return Curve(name, *(tuple(float(value) for value in column) for column in zip(*(
        (record.step, record.held_out_recon, record.held_out_kl) for record in records), strict=True)))


def parameter() -> Parameter:
    """The control: the runs that are kept, in order."""
    return Parameter((), read, write, within=True)


def _named(text: str) -> str:
    """A name without markup and without what separates the runs of a link."""
    return "".join(c for c in plain(text) if c not in "~()")[:LONGEST].strip()


def added(kept: Curves, new: Curve) -> Curves:
    """The runs with a new one, as the link has it; another one of its name is replaced, of too many the first goes."""
    name = _named(new.name) or f"run {len(kept) + 1}"
    others = tuple(each for each in kept if each.name != name)
    return (*others, _thinned(new._replace(name=name)))[-MOST:]


def _thinned(found: Curve) -> Curve:
    """The curve at POINTS even steps, in whole units."""
    steps = np.linspace(0, found.steps[-1], POINTS)
    recon, kl = (np.clip(np.round(np.interp(steps, found.steps, values) / unit), 0, 65535) * abs(unit)
                 for values, unit in ((found.recon, -RECON), (found.kl, KL)))
    return Curve(found.name, tuple(steps.tolist()), tuple((-recon).tolist()), tuple(kl.tolist()))


def write(kept: Curves) -> str:
    """The runs as the text of a link."""
    return "~".join(f"{each.name}!{each.steps[-1]:.0f}!{_packed(each)}" for each in kept)


def _packed(each: Curve) -> str:
    units = np.stack([-np.array(each.recon) / RECON, np.array(each.kl) / KL]).round().astype("<u2")
    return base64.urlsafe_b64encode(units.tobytes()).decode().rstrip("=")


def read(raw: str) -> tuple[Curves, str]:
    """The runs of a link's text, and "" or the sentence that says what is wrong."""
    if not raw:
        return (), ""
    try:
        found = tuple(_read_one(text) for text in raw.split("~"))
    except (ValueError, binascii.Error):
        return (), "The link's kept runs cannot be read; none is shown."
    if len(found) > MOST or len({each.name for each in found}) < len(found):
        return (), f"The link's kept runs are more than {MOST}, or two have one name; none is shown."
    return found, ""


def _read_one(text: str) -> Curve:
    name, last, packed = text.split("!")
    content = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    if not name or name != _named(name) or len(content) != _BYTES or not 1 <= int(last) <= LAST:
        raise ValueError(name)
    recon, kl = np.frombuffer(content, "<u2").reshape(2, POINTS).astype(float)
    return Curve(name, tuple(np.linspace(0, int(last), POINTS).tolist()), tuple((-recon * RECON).tolist()),
                 tuple((kl * KL).tolist()))
