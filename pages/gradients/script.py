"""The gradient lab's setting as lines of the scripts that reproduce its numbers."""

from dgm import gradients
from pages.gradients import lab as gradients_lab
from pages.gradients.lab import Lab
from pages.gradients.state import LEFT, RIGHT, SAMPLED, TYPED
from ui import source_code

IMPORTS = {TYPED: "from dgm.gradients import formula", SAMPLED: "from dgm.gradients import sampled_bound"}


def maker(lab: Lab) -> str:
    """f without its constant, as Python with k for its constant."""
    return {TYPED: f"formula({lab.text!r})", SAMPLED: f"sampled_bound(k, {lab.mu}, {lab.sigma})",
            "general quadratic": f'gradients.COSTS["general quadratic"](k, {lab.b})'}.get(
                lab.kind, f'gradients.COSTS["{lab.kind}"](k)')


def beginning(lab: Lab, *modules: str) -> str:
    """Imports, the cost and q."""
    return "\n".join([
        "from dgm import gradients",
        *(f"from dgm.gradients import {module}" for module in modules),
        *([IMPORTS[lab.kind]] if lab.kind in IMPORTS else []),
        f"k = {lab.k}",
        f"cost = {maker(lab)}.plus({lab.offset})",
        f"q = gradients.Gaussian({lab.q.mu}, {lab.sigma})", ""])


def show_exact(lab: Lab) -> None:
    """The two estimators, and a script that prints their exact gradient and variances."""
    script = (beginning(lab)
              + f"one, other = (gradients.exact(name, cost, q) for name in ({LEFT[0]!r}, {RIGHT[0]!r}))\n"
              f'numbers = {{"gradient": float(one.mean[{lab.column}]), '
              f'"log-derivative": float(one.variance[{lab.column}]),\n'
              f'           "reparametrization": float(other.variance[{lab.column}])}}')
    source_code.show(
        [gradients.log_derivative, gradients.reparametrization, gradients.times_score],
        formula=r"\begin{gathered}\nabla_\phi\, q(z|x,\phi) = q(z|x,\phi)\,\nabla_\phi \log q(z|x,\phi) \\"
        r"\nabla_\xi \int r(\epsilon)\,h(g(\xi,\epsilon))\,d\epsilon\end{gathered}",
        script=script, numbers={"gradient": gradients_lab.mean(lab, LEFT[0]),
                                "log-derivative": gradients_lab.variance(lab, LEFT[0]),
                                "reparametrization": gradients_lab.variance(lab, RIGHT[0])})
