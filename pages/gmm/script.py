"""The scripts that give the mixture page's numbers without the page: a run of EM, and what a part does with it."""

from textwrap import dedent

from pages.gmm.results import OWN, EmRun, Setting
from pages.gmm.state import GIVEN
from ui.take_home import notebook

OWN_POINTS = 'table.parse(open("points.csv").read()).x    # your points, saved as this file'


def after_em(setting: Setting, run: EmRun, rest: str) -> str:
    """A script with the points `x`, the `trace` of the best restart and its `last` step, that goes on with `rest`."""
    load = (f'x = datasets.load("{setting.data}").x' if setting.data != OWN else
            f"x = {OWN_POINTS}")
    return dedent(f"""
        from dgm import datasets, gmm, runtime
        from dgm.gmm import selection
        from dgm.datasets import table
        {load}
        traces = []
        for restart in range({1 if setting.start == GIVEN else setting.restarts}):
            seed = runtime.mix({setting.seed}, restart) if restart else {setting.seed}
            start = {_start(setting)}
            traces.append(gmm.trace(x, start, {setting.covariance!r}, {setting.floor}, tol={run.tol},
                                    max_steps={run.max_steps}))
        trace = max(traces, key=lambda trace: trace.steps[-1].objective)
        last = trace.steps[-1]
    """).strip() + "\n" + dedent(rest).strip()


def own(run: EmRun) -> list[notebook.Own]:
    """The points that the script of `after_em` reads from a file, for its notebook."""
    return [notebook.Own(OWN_POINTS, "points", lambda: notebook.numbers_as_code("points", run.points.x.tolist()))]


def _start(setting: Setting) -> str:
    """theta_0 of a restart with `seed`, as `results.run` makes it."""
    if setting.start != GIVEN:
        return f"gmm.init(x, {setting.k}, seed, {setting.start!r})"
    return f"gmm.init(x, {setting.k}, seed)._replace(means=x.new_tensor({[list(mean) for mean in setting.means]}))"
