"""The app in a browser: control to figure, page to page, start to first page. Milliseconds on this machine.

    python -m benchmarks.frame [--presses 30] [--starts 3]

Targets: a control's figure p50 <= 80, p95 <= 200; a page switch p95 <= 400; ready <= 3000, then first page <= 1200.
There is no peer to compare with.
"""

import argparse
import statistics
import time

from playwright.sync_api import Page

from tools.browser import launched
from tools.local_server import serving
from ui.contents import HOME, LESSONS
from ui.streamlit_internals import IDLE

# From a key press to the last change that its rerun made to a figure, a formula or a picture in view, or to the rerun's
# end where it changed none. The measurement ends after `quiet` ms without a change.
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


def quantiles(values: list[float]) -> tuple[float, float]:
    """p50 and p95."""
    ordered = sorted(values)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def start_up() -> tuple[float, float]:
    """Seconds from the command to ready, and from ready to the first page, in a new browser."""
    with launched() as browser, serving() as (url, ready):
        page, start = browser.new_page(), time.perf_counter()
        page.goto(url)
        page.locator("h1").first.wait_for(timeout=120_000)
        return ready, time.perf_counter() - start


def presses(page: Page, count: int) -> list[float]:
    """Milliseconds of each press of an arrow key on the page's first slider or number, between two values."""
    control = page.get_by_role("slider").or_(page.get_by_role("spinbutton")).locator("visible=true").first
    control.focus()
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
        for entry in (*LESSONS, HOME):
            link = page.get_by_test_id("stSidebar").get_by_role("link", name=entry.title)
            start = time.perf_counter()
            link.click()
            page.wait_for_function(
                "title => document.title.startsWith(title) && document.querySelector('[data-testid=stApp]')"
                ".dataset.testScriptState === 'notRunning' && document.querySelector('h1')", arg=entry.title)
            if i:  # the first round fills the caches
                times.append(1000 * (time.perf_counter() - start))
            settle(page)
    return times


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presses", type=int, default=30)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--switches", type=int, default=4)
    options = parser.parse_args()
    rows = []
    with launched() as browser, serving() as (url, _):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        for entry in LESSONS:
            page.goto(f"{url}/{entry.stem}?reveal=1")
            settle(page)
            rows.append((entry.title, *quantiles(presses(page, options.presses))))
        page.goto(url)
        settle(page)
        moves = quantiles(switches(page, options.switches))
    starts = [start_up() for _ in range(options.starts)]
    print("| control committed -> figure repainted | p50 ms | p95 ms |\n|---|---|---|")
    for title, p50, p95 in rows:
        print(f"| {title} | {p50:.0f} | {p95:.0f} |")
    print(f"\n| frame | p50 ms | p95 ms |\n|---|---|---|\n| page switch | {moves[0]:.0f} | {moves[1]:.0f} |")
    print("\n| start, medians | s |\n|---|---|")
    for what, values in zip(("command -> ready", "ready -> first page"), zip(*starts, strict=True), strict=True):
        print(f"| {what} | {statistics.median(values):.2f} |")


if __name__ == "__main__":
    main()
