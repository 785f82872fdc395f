"""The scripts that give the mixture page's numbers without the page: a run of EM, and what a part does with it."""

from textwrap import dedent

from pages.gmm import results
from pages.gmm.results import OWN, Setting
from pages.gmm.state import GIVEN


def after_em(setting: Setting, max_steps: int, rest: str) -> str:
    """A script with the points `x`, the `trace` of the best restart and its `last` step, that goes on with `rest`."""
    load = (f'x = datasets.load("{setting.data}").x' if setting.data != OWN else
            'x = table.parse(open("points.csv").read()).x    # your points, saved as this file')
    return dedent(f"""
        from dgm import datasets, gmm, runtime
        from dgm.gmm import selection
        from dgm.datasets import table
        {load}
        traces = []
        for restart in range({1 if setting.start == GIVEN else setting.restarts}):
            seed = runtime.mix({setting.seed}, restart) if restart else {setting.seed}
            start = {_start(setting)}
            traces.append(gmm.trace(x, start, {setting.covariance!r}, {setting.floor}, tol={results.TOL},
                                    max_steps={max_steps}))
        trace = max(traces, key=lambda trace: trace.steps[-1].objective)
        last = trace.steps[-1]
    """).strip() + "\n" + dedent(rest).strip()


def _start(setting: Setting) -> str:
    """theta_0 of a restart with `seed`, as `results.run` makes it."""
    if setting.start != GIVEN:
        return f"gmm.init(x, {setting.k}, seed, {setting.start!r})"
    return f"gmm.init(x, {setting.k}, seed)._replace(means=x.new_tensor({[list(mean) for mean in setting.means]}))"
