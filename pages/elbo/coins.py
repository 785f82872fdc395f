"""The model of two coins in the parts "The bound" and "KL": q is one number."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from dgm import elbo
from pages.elbo import q_handle
from pages.elbo.figures import coins as figures
from pages.elbo.figures import ruler
from pages.elbo.figures.ruler import Bound, Directions
from ui import cache, controls, page, question, source_code
from ui.components.live_figure import live_figures
from ui.figures.lookup import SHARES
from ui.figures.spec import Figure, Json

MODEL = ("z is one of two coins, which is tossed twice. p(x) is the probability of one sequence of heads and tails, in "
         "its order.")
ERROR = 1e-3        # nats, of a number read between the nodes of the table


class CoinSetting(NamedTuple):
    """The model, and how many heads were seen."""

    model: elbo.TwoCoins
    heads: int


def chosen() -> CoinSetting:
    """The model that the controls describe."""
    return CoinSetting(elbo.TwoCoins(bias=controls.value("bias")), controls.value("heads"))


def q_of(share: float) -> elbo.Categorical:
    """q with this probability of coin 1."""
    return elbo.Categorical((share, 1 - share))


@cache.copied()
def at(setting: CoinSetting, share: float) -> elbo.Elbo:
    """The bound at q, exact."""
    return elbo.elbo(setting.model, setting.heads, q_of(share))


@cache.copied()
def forward(setting: CoinSetting, share: float) -> float:
    """KL(posterior || q), infinite where q excludes what the posterior allows."""
    return elbo.kl(setting.model.posterior(setting.heads), q_of(share))


def posterior(setting: CoinSetting) -> float:
    """p(coin 1 | x)."""
    return float(setting.model.posterior(setting.heads).probabilities[0])


@cache.shared()
def tables(setting: CoinSetting) -> figures.CoinTables:
    """Every number of the rulers over q."""
    found = [elbo.elbo(setting.model, setting.heads, q_of(float(share))) for share in SHARES]
    exact = setting.model.posterior(setting.heads)
    values = {"reconstruction": [one.reconstruction for one in found], "bound": [one.bound for one in found],
              "complete": [one.complete for one in found], "reverse": [one.gap for one in found],
              "forward": [elbo.kl(exact, q_of(float(share))) for share in SHARES]}
    return figures.CoinTables({name: np.array(numbers) for name, numbers in values.items()},
                              {"evidence": found[0].log_evidence, "zero": 0.0})


def show_bound() -> None:
    """q as bars, and the ruler beside it."""
    setting, share = chosen(), controls.value("share")
    found = at(setting, share)
    bound = Bound(found.reconstruction, found.kl, found.complete, found.log_evidence)
    span = (found.log_evidence - 4.0, found.log_evidence + 2.0)
    rows = ruler.moving(span, None, ERROR)
    _show(setting, share, [ruler.ruler(bound, None, span, page.palette())], [ruler.ruler_alt(bound, None)], rows)


def show_directions() -> None:
    """q as bars, and both directions of KL beside it."""
    setting, share = chosen(), controls.value("share")
    found = at(setting, share)
    values = Directions(found.gap, forward(setting, share), found.bound, found.log_evidence)
    _show(setting, share, [ruler.directions(values, page.palette())], [ruler.directions_alt(values)],
          ruler.directions_moving(ERROR, page.palette()))
    st.markdown(_trap(share, values, posterior(setting)))


def _show(setting: CoinSetting, share: float, beside: list[Figure], alts: list[str],
          rows: Json) -> None:
    prior, exact = setting.model.weight, posterior(setting)
    plot = figures.bars(prior, exact, share, tables(setting), page.palette(), ruler=rows)
    live_figures([plot.figure, *beside], key="coin q", base=(setting, share), on_edit=q_handle.fold_share,
                 drag=plot.drag, alts=[figures.bars_alt(prior, exact, share), *alts])


def _trap(share: float, values: Directions, exact: float) -> str:
    """What q = 0 does to either direction, in words."""
    if 0 < share < 1:
        return ("Drag q down to 0, where it excludes coin 1. KL(q‖p) stays finite, because q never looks there. "
                "KL(p‖q) grows without limit.")
    excluded, weight = ("1", exact) if share == 0 else ("2", 1 - exact)
    return (f"q excludes coin {excluded}, to which the posterior gives {weight:.3f}. KL(p‖q) contains "
            f"{weight:.3f} · log({weight:.3f} / 0), which is infinite. KL(q‖p) = {values.texts['reverse']} is finite, "
            "because 0 · log 0 counts as 0. A q that minimises KL(q‖p) may therefore miss what p allows.")


def question_of_the_fit() -> None:
    """Which q closes the gap: the question of the bound with two coins."""
    setting = chosen()
    flipped = CoinSetting(setting.model, setting.heads + 1 if setting.heads < 2 else 0)

    heads = ("no head", "one head", "two heads")[flipped.heads]

    def why(exact: float) -> str:
        return (f"The gap closes where q is the posterior. For {heads} that is p(coin 1 | x) = {exact:.3f}; the prior "
                f"is {setting.model.weight:g}.")

    question.number("coin", f"Now suppose that x has {heads} in two tosses. At which q(coin 1) would "
                    "the gap be 0?", truth=lambda: posterior(flipped), why=why, low=0.0, high=1.0, start=0.5,
                    step=0.01, about=f"{setting}")


def code() -> None:
    """The functions behind both parts, and a script with their numbers."""
    setting, share = chosen(), controls.value("share")
    found = at(setting, share)
    numbers = {"log p(x)": found.log_evidence, "bound": found.bound, "KL(q||p)": found.gap,
               "KL(p||q)": forward(setting, share)}
    script = f"""from dgm import elbo
model, heads = elbo.{setting.model!r}, {setting.heads}
q = elbo.Categorical(({share!r}, {1 - share!r}))
found = elbo.elbo(model, heads, q)
numbers = {{"log p(x)": found.log_evidence, "bound": found.bound, "KL(q||p)": found.gap,
           "KL(p||q)": elbo.kl(model.posterior(heads), q)}}"""
    source_code.show([elbo.elbo, elbo.kl], formula=(
        r"\mathcal{L}(q, \theta) = \sum_{\mathbf{z}} q(\mathbf{z}) \log \frac{p(\mathbf{x}, \mathbf{z}|\theta)}"
        r"{q(\mathbf{z})}"), script=script, numbers=numbers, heading="The slide's formula as a sum")


__all__ = ["MODEL", "CoinSetting", "at", "chosen", "code", "forward", "posterior", "q_of", "question_of_the_fit",
           "show_bound", "show_directions", "tables"]
