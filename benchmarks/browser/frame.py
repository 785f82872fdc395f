"""The app in a browser: control to figure, page to page, start to first page. Milliseconds on this machine.

    python -m benchmarks.browser.frame [--quick]

Targets: a control's figure p50 <= 80, p95 <= 200 (of the lower bound p95 <= 150); a page switch p95 <= 400;
ready <= 3000, then first page <= 1200. There is no peer to compare with.
"""

import time
from collections.abc import Iterator
from typing import NamedTuple

from playwright.sync_api import Page

from benchmarks import report
from benchmarks.report import Row, Table
from tools.browser import launched
from tools.local_server import serving
from ui.contents import HOME, LESSONS, entry
from ui.streamlit_internals import IDLE


class Control(NamedTuple):
    """A slider or a number on the page of a lesson, whose change runs the page's script."""

    stem: str
    label: str
    link: str = ""      # of the part that has it
    most: float = 200   # milliseconds, 95 of 100 presses


CONTROLS = (
    Control("autoregressive", "Points n"), Control("bayes", "Prior heads a"), Control("gmm", "Components K"),
    Control("ppca", "Noise variance, as a multiple of the most likely one"), Control("elbo", "x", most=150),
    Control("elbo", "θ: slope w", most=150), Control("gradients", "μ, centre of q"),
    Control("vae", "Number of a test image", "part=One+image"),
)

# From a key press to the last change that its rerun made to a figure, a formula or a picture in view, or to the rerun's
# end where it changed none. The measurement ends after `quiet` ms without a change: a figure whose parts were moved
# looks the same when plotly draws it again, a second later (`small_change.js`).
PRESS = """
async ([key, quiet]) => {
  const app = document.querySelector("[data-testid=stApp]");
  const shown = "[data-testid=stPlotlyChart], [data-testid^=stBidi], .katex, img";
  const inView = new WeakMap(), sight = new IntersectionObserver((found) => {
    for (const one of found) inView.set(one.target, one.isIntersecting);
  });
  for (const e of document.querySelectorAll(shown)) sight.observe(e);
  let last = 0, ended = 0, started = false;
  const watch = new MutationObserver((changes) => {
    const now = performance.now(), seen = new Set();
    for (const { target } of changes) {
      const e = target.nodeType === 1 ? target : target.parentElement;
      if (e === app) { started ||= app.dataset.testScriptState !== "notRunning"; if (started) ended = now; }
      else seen.add(e);
    }
    const places = new Set([...seen].map((e) => e?.closest?.(shown)));   // cheap: it runs while measuring
    if ([...places].some((e) => e && inView.get(e) !== false)) last = now;
  });
  watch.observe(app, { subtree: true, childList: true, characterData: true, attributes: true });
  const start = await new Promise((pressed) => {
    document.addEventListener("keydown", (event) => pressed(event.timeStamp), { once: true, capture: true });
    globalThis.armed = key;
  });
  for (;;) {
    await new Promise((done) => setTimeout(done, 20));
    const over = started && app.dataset.testScriptState === "notRunning";
    if (over && performance.now() - Math.max(last, ended) > quiet) break;
    if (performance.now() - start > 20000) break;
  }
  watch.disconnect();
  sight.disconnect();
  return (last > start ? last : ended) - start;
}
"""


def settle(page: Page) -> None:
    page.locator("h1").first.wait_for(timeout=120_000)
    page.locator(IDLE).wait_for(state="attached", timeout=120_000)
    page.wait_for_timeout(500)


def start_up() -> tuple[float, float]:
    """Seconds from the command to ready, and from ready to the first page, in a new browser."""
    with launched() as browser, serving() as (url, ready):
        page, start = browser.new_page(), time.perf_counter()
        page.goto(url)
        page.locator("h1").first.wait_for(timeout=120_000)
        return ready, time.perf_counter() - start


def presses(page: Page, label: str, count: int) -> list[float]:
    """Milliseconds of each press of an arrow key on the slider or number with this label, between two values."""
    page.locator(f"[aria-label='{label}']:is([role=slider], input)").focus()
    times = []
    for i in range(count + 4):
        key = "ArrowUp" if i % 2 == 0 else "ArrowDown"
        page.evaluate("() => { globalThis.armed = null; }")
        page.evaluate(f"args => {{ globalThis.pressed = ({PRESS})(args); }}", [key, 200])
        page.wait_for_function("() => globalThis.armed")
        page.keyboard.press(key)
        times.append(page.evaluate("() => globalThis.pressed"))
    return times[4:]


def switches(page: Page, rounds: int) -> list[float]:
    """Milliseconds from a click in the menu until the next page has its title and its script has run."""
    times = []
    for i in range(rounds + 1):
        for lesson in (*LESSONS, HOME):
            link = page.get_by_test_id("stSidebar").get_by_role("link", name=lesson.title)
            start = time.perf_counter()
            link.click()
            page.wait_for_function(
                "title => document.title.startsWith(title) && document.querySelector('[data-testid=stApp]')"
                ".dataset.testScriptState === 'notRunning' && document.querySelector('h1')", arg=lesson.title)
            if i:  # the first round fills the caches
                times.append(1000 * (time.perf_counter() - start))
            settle(page)
    return times


SLOW = "browser, server and test share the cores, and the figure's own drawing is most of the time"


def rows(presses_each: int, rounds: int, starts: int) -> Iterator[Row]:
    """Each page's controls, the switch of pages, and the start."""
    with launched() as browser, serving() as (url, _):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        for control in CONTROLS:
            page.goto(f"{url}/{control.stem}?{control.link}&reveal=1")
            settle(page)
            title = f"{entry(control.stem).title}, {control.label}"
            yield from limited(title, presses(page, control.label, presses_each), 80, control.most)
        page.goto(url)
        settle(page)
        yield report.at_most("page switch, p95", [report.quantiles(switches(page, rounds))[1]], 400, "ms", SLOW)
    ready, first = zip(*(start_up() for _ in range(starts)), strict=True)
    yield report.at_most("command to ready", ready, 3, "s", SLOW)
    yield report.at_most("ready to first page", first, 1.2, "s", SLOW)


def limited(title: str, times: list[float], median: float, most: float) -> Iterator[Row]:
    """Two rows: p50 and p95 of the same presses."""
    p50, p95 = report.quantiles(times)
    yield report.at_most(f"{title}, p50", [p50], median, "ms", SLOW)
    yield report.at_most(f"{title}, p95", [p95], most, "ms", SLOW)


def tables(quick: bool) -> Iterator[Table]:
    """One table."""
    found = rows(4, 1, 1) if quick else rows(30, 4, 3)
    yield Table("From a key press to the last change of a figure", list(found),
                "By the clock on the wall, in Chromium without a screen; a slider or a number of each page.")


if __name__ == "__main__":
    report.main(tables, __doc__)
