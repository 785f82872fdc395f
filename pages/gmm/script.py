"""The scripts that give the mixture page's numbers without the page: the climb, and what a part does with it."""

from textwrap import dedent

from pages.gmm import results
from pages.gmm.results import OWN, Setting


def after_climb(setting: Setting, rest: str) -> str:
    """A script with the points `x`, the `climb` of the best restart and its `last` step, that goes on with `rest`."""
    load = (f'x = datasets.load("{setting.data}").x' if setting.data != OWN else
            'x = table.parse(open("points.csv").read()).x    # your points, saved as this file')
    return dedent(f"""
        from dgm import datasets, gmm, runtime
        from dgm.gmm import selection
        from dgm.datasets import table
        {load}
        climbs = []
        for r in range({1 if setting.start == "given" else setting.restarts}):
            seed = runtime.mix({setting.seed}, r) if r else {setting.seed}
            start = gmm.init(x, {setting.k}, seed, {setting.start!r}{_given(setting)})
            climbs.append(gmm.trace(x, start, {setting.covariance!r}, {setting.floor}, tol={results.TOL},
                                    max_steps={results.most_steps(setting)}))
        climb = max(climbs, key=lambda one: one.steps[-1].objective)
        last = climb.steps[-1]
    """).strip() + "\n" + dedent(rest).strip()


def _given(setting: Setting) -> str:
    return f", means={[list(mean) for mean in setting.means]}" if setting.means else ""
