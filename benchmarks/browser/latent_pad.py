"""Drag speed of the latent pad in Chromium: frames a second, input to paint, milliseconds a decode.

    python -m benchmarks.browser.latent_pad [--quick]

Peer: the frames of the same page without input. Idle, dragging, and dragging while new weights arrive four times a
second alternate in one run; medians over the rounds are printed.
"""

import json
import statistics
import time
from collections.abc import Iterator

from playwright.sync_api import Page

from benchmarks import report
from benchmarks.report import Row, Table
from tools.browser import launched
from tools.local_server import ROOT, serving

COMMAND = ("-m", "streamlit", "run", "tests/browser/apps/latent_pad.py", "--server.port={port}",
           "--server.headless=true", "--server.address=127.0.0.1", "--server.fileWatcherType=none",
           "--browser.gatherUsageStats=false")

# Counts every frame. For every pointer move: the time from the event to the picture on its canvas, and to the end of
# the frame that shows it (a message posted inside the frame is handled after it).
WATCH = """
e => {
  const map = e.querySelector('.map'), kind = 'onpointerrawupdate' in map ? 'pointerrawupdate' : 'pointermove';
  const seen = globalThis.seen = { frames: 0, moves: 0, pictures: 0, lags: [], shown: [], on: true };
  const channel = new MessageChannel();
  let pending = [], first;
  channel.port1.onmessage = () => {
    seen.shown.push(...pending.map(stamp => performance.now() - stamp));
    pending = [];
  };
  map.addEventListener(kind, event => { // after the pad's own listener, which has painted
    seen.moves += 1;
    seen.lags.push(performance.now() - event.timeStamp);
    pending.push(event.timeStamp);
  });
  e.addEventListener('pad:painted', ({ detail }) => {
    first ??= detail.pictures;
    seen.pictures = detail.pictures - first;
    channel.port2.postMessage(0);
  });
  const tick = () => { seen.frames += 1; if (seen.on) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}
"""
# The time of a decode, over many of them: the browser's clock is too coarse for one.
DECODE = """
e => {
  const z = Array.from({ length: 512 }, (_, i) => [Math.cos(i), Math.sin(i)]);
  for (const at of z) e.decodeAt(at);
  const start = performance.now();
  for (const at of z) e.decodeAt(at);
  return (performance.now() - start) / (2 * z.length); // decodeAt decodes twice: z, and the pad's own z again
}
"""


def quantile(values: list[float], share: float) -> float:
    """The value below which `share` of `values` lie."""
    return sorted(values)[int(share * (len(values) - 1))]


def watch(page: Page, url: str, *, drag: bool, seconds: float) -> dict[str, float]:
    """Frames a second and, when dragging, the moves' times."""
    page.goto(url)
    pad = page.locator(".latent-pad[data-paints]")
    pad.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    decode = pad.evaluate(DECODE)
    box = page.locator(".map").bounding_box()
    assert box
    at = lambda i: (box["x"] + box["width"] * (0.5 + 0.3 * ((i % 97) / 48 - 1)),  # noqa: E731
                    box["y"] + box["height"] * (0.5 + 0.3 * ((i % 61) / 30 - 1)))
    if drag:
        page.mouse.move(*at(0))
        page.mouse.down()
    pad.evaluate(WATCH)
    start, i = time.perf_counter(), 0
    while (past := time.perf_counter() - start) < seconds:
        i += 1
        if drag:
            page.mouse.move(*at(i))
        else:
            page.wait_for_timeout(min(200, 1000 * (seconds - past)))
    seen = json.loads(page.evaluate("(seen.on = false, JSON.stringify(seen))"))
    took = time.perf_counter() - start
    if drag:
        page.mouse.up()
    result = {"frames": seen["frames"] / took, "decode": decode}
    if drag:
        result |= {"moves": seen["moves"] / took, "pictures": seen["pictures"] / max(1, seen["moves"]),
                   "p50": quantile(seen["lags"], 0.5), "p95": quantile(seen["lags"], 0.95),
                   "shown": quantile(seen["shown"], 0.5), "shown95": quantile(seen["shown"], 0.95)}
    return result


CASES = {"idle": ("?scene=mnist", False), "dragging": ("?scene=mnist", True),
         "dragging, new weights 4 a second": ("?scene=mnist&live=1", True)}


def measured(rounds: int, seconds: float) -> dict[str, list[dict[str, float]]]:
    """Each case, round by round."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in CASES}
    with serving(COMMAND, {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}) as (base, _), launched() as browser:
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        for _ in range(rounds):
            for name, (query, drag) in CASES.items():
                runs[name].append(watch(page, f"{base}/{query}", drag=drag, seconds=seconds))
    return runs


def rows(runs: dict[str, list[dict[str, float]]]) -> Iterator[Row]:
    """Input to picture, and frames in relation to the idle page's."""
    idle = [run["frames"] for run in runs["idle"]]
    for name in list(CASES)[1:]:
        several = runs[name]
        yield report.at_most(f"{name}: input to picture, p95", [run["p95"] for run in several], 1000 / 60, "ms")
        ratios = [run["frames"] / other for run, other in zip(several, idle, strict=True)]
        yield Row(f"{name}: frames a second", report.spread([run["frames"] for run in several]),
                  f"the idle page {report.spread(idle)}", f"{report.spread(ratios)} ×", "≥ 0.95 ×",
                  statistics.median(ratios) >= 0.95, "browser, server and test share the cores")
    yield Row("one decode", f"{report.spread([run['decode'] for run in runs['dragging']])} ms")


def tables(quick: bool) -> Iterator[Table]:
    """One table."""
    runs = measured(1, 2) if quick else measured(3, 5)
    yield Table("The latent pad", list(rows(runs)), "In Chromium without a screen; decoder 2-256-784, 28 × 28 pixels.")


if __name__ == "__main__":
    report.main(tables, __doc__)
