"""The lesson's setting as lines of the scripts that reproduce the page's numbers."""

from collections.abc import Sequence

from dgm import gradients
from pages.gradients import results
from pages.gradients.setting import COLUMNS, Setting
from pages.gradients.state import PLAIN_PAIR, SAMPLED, TYPED
from ui import source_code

IMPORTS = {TYPED: "from dgm.gradients import formula", SAMPLED: "from dgm.gradients import sampled_bound"}


def cost_code(setting: Setting) -> str:
    """f without its offset, as Python with k for its constant."""
    return {TYPED: f"formula({setting.text!r})", SAMPLED: f"sampled_bound(k, {setting.mu}, {setting.sigma})",
            "general quadratic": f'gradients.COSTS["general quadratic"](k, {setting.b})'}.get(
                setting.kind, f'gradients.COSTS["{setting.kind}"](k)')


def setting_code(setting: Setting, *modules: str) -> str:
    """Imports, the cost and q. modules: of `dgm.gradients`, to import besides."""
    return "\n".join([
        "from dgm import gradients",
        *(f"from dgm.gradients import {module}" for module in modules),
        *([IMPORTS[setting.kind]] if setting.kind in IMPORTS else []),
        f"k = {setting.k}",
        f"cost = {cost_code(setting)}.plus({setting.offset})",
        f"q = gradients.Gaussian({setting.q.mu}, {setting.sigma})", ""])


def show_exact(setting: Setting, parameter: str, names: Sequence[str] = PLAIN_PAIR) -> None:
    """The code of the two plain estimators, and a script that prints the exact gradient and the named variances."""
    found = results.moments(setting, parameter, (PLAIN_PAIR[0], *names))
    column = COLUMNS[parameter]
    shown = {name: (results.samples_of(name), found[name].variance) for name in dict.fromkeys(names)
             if found[name].variance > 0 or name in PLAIN_PAIR}
    script = (setting_code(setting)
              + f'exact = gradients.exact("{PLAIN_PAIR[0]}", cost, q)\n'
              f'numbers = {{"gradient": float(exact.mean[{column}])}}\n'
              + "".join(f"exact = gradients.exact({name!r}, cost, q, {samples})\n"
                        f"numbers[{name!r}] = {f'{samples} * ' if samples > 1 else ''}float(exact.variance[{column}])\n"
                        for name, (samples, _) in shown.items())).rstrip()
    source_code.show(
        [gradients.log_derivative, gradients.reparametrization, gradients.times_score],
        formula=r"\begin{gathered}\nabla_\phi\, q(z|x,\phi) = q(z|x,\phi)\,\nabla_\phi \log q(z|x,\phi) \\"
        r"\nabla_\xi \int r(\epsilon)\,h(g(\xi,\epsilon))\,d\epsilon\end{gathered}",
        script=script,
        numbers={"gradient": found[PLAIN_PAIR[0]].mean, **{name: variance for name, (_, variance) in shown.items()}})
