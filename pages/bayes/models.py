"""The menu of models: which prior, which observations and which names belong to each."""

from collections.abc import Callable
from typing import NamedTuple

from pages.bayes import observations, priors
from pages.bayes.observations import Observed
from pages.bayes.priors import Prior
from pages.bayes.scene import Scene
from pages.bayes.state import COIN, DIE, DRAWN_COIN, KNOWN_NOISE, MIXED_COIN, SIDES, UNKNOWN_NOISE
from ui import controls


class Model(NamedTuple):
    """One entry of the menu."""

    prior: Callable[[], Prior]               # draws the prior's controls
    observed: Callable[[bool], Observed]     # draws those of the observations; True: of held-out ones too
    symbol: str                              # theta's name on an axis
    outcomes: tuple[str, ...] = ()           # names of the next observation's values


TOSS = ("tails", "heads")
ROLL = tuple(str(face) for face in range(1, SIDES + 1))
MODELS: dict[str, Model] = {
    COIN: Model(priors.beta, observations.tosses, "p", TOSS),
    DRAWN_COIN: Model(priors.histogram, observations.tosses, "p", TOSS),
    MIXED_COIN: Model(priors.mixture, observations.tosses, "p", TOSS),
    KNOWN_NOISE: Model(priors.normal, observations.numbers, "θ"),
    UNKNOWN_NOISE: Model(priors.normal_inverse_gamma, observations.numbers, "μ"),
    DIE: Model(priors.dirichlet, observations.rolls, "θ", ROLL),
}


def choose(scored: bool = False) -> Scene:
    """Draw the menu and the controls of the chosen model; scored: also those of held-out observations.

    A text that cannot be parsed gets a note, and no observation is taken from it.
    """
    name = controls.draw("model")
    model = MODELS[name]
    prior, prior_code, show = model.prior()
    data, held_out, quantity = model.observed(scored)
    if show is not None:
        show(data)
    symbol = f"{model.symbol} ({quantity})" if quantity else model.symbol
    return Scene(name, prior, prior_code, data, held_out, symbol, model.outcomes, quantity)
