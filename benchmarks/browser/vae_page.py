"""The VAE page in a browser: opening, clicks and drags while it trains, and the speed of training with the page open.

    python -m benchmarks.browser.vae_page [--quick]

Targets: pad drawn <= 1.0 s after navigation; a click while training answers in p50 <= 70, p95 <= 200 ms; training has
at least two thirds of its speed without a page (peer: the same run without a page); frames while dragging within 5%.
"""

import re
import statistics
import time
from collections.abc import Iterator

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from benchmarks import report
from benchmarks.browser.frame import settle
from benchmarks.browser.latent_pad import WATCH
from benchmarks.report import Row, Table
from dgm import jobs, vae
from dgm.vae import live_training
from tools.browser import launched
from tools.local_server import serving

VIEW = ViewportSize(width=1280, height=900)
STEPS = 200_000  # never reached
OWN = f"vae?model=my%20run&steps={STEPS}"
FIRST_PAINT = "addEventListener('pad:painted', () => { globalThis.padAt ??= performance.now(); });"
# A click on the other picture, until the pad's caption says that it shows it.
CLICK = """
async (name) => {
  const find = (root) => [...root.querySelectorAll("[role=radio], button")].find((e) => e.textContent.trim() === name);
  const caption = (root) => {
    for (const e of root.querySelectorAll("*")) {
      const found = e.matches(".decoded figcaption") ? e : e.shadowRoot && caption(e.shadowRoot);
      if (found) return found;
    }
  };
  const shown = caption(document), before = shown.textContent, start = performance.now();
  find(document).click();
  while (shown.textContent === before && performance.now() - start < 10000) await new Promise(requestAnimationFrame);
  return performance.now() - start;
}
"""
PICTURES = ("a sample of pixels", "decoder mean")


def opened(browser: Browser | BrowserContext, url: str, link: str) -> Page:
    page = browser.new_page(viewport=VIEW) if isinstance(browser, Browser) else browser.new_page()
    page.add_init_script(FIRST_PAINT)
    page.goto(f"{url}/{link}")
    page.locator(".latent-pad[data-paints]").wait_for(timeout=120_000)
    return page


def pad_drawn(browser: Browser, url: str) -> tuple[float, float]:
    """Seconds from navigation to the pad's first paint: in a new browser, and at its third visit."""
    context, seconds = browser.new_context(viewport=VIEW), []
    for _ in range(3):
        page = opened(context, url, "vae")
        settle(page)  # so that the browser can cache what it loaded
        seconds.append(float(page.evaluate("padAt")) / 1000)
        page.close()
    context.close()
    return seconds[0], seconds[-1]


def step_of(page: Page) -> int:
    found = re.search(r"step ([\d,]+)", page.get_by_test_id("stProgress").inner_text())
    return int(found[1].replace(",", "")) if found else 0


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def train(page: Page) -> None:
    """Press Train and wait until the length of chunks is adapted."""
    page.get_by_role("button", name=re.compile("^(Train|Go on)$")).click()
    page.wait_for_timeout(4000)


def speed(page: Page, seconds: float) -> float:
    """Training steps a second with the page open."""
    first, start = step_of(page), time.perf_counter()
    page.wait_for_timeout(1000 * seconds)
    return (step_of(page) - first) / (time.perf_counter() - start)


def undisturbed(seconds: float) -> float:
    """Training steps a second of the same run in a worker without a page."""
    images = vae.Images("mnist-5k")
    run = jobs.Run(live_training.advance, live_training.start(vae.Config(), images), images, idle_seconds=1000)
    run.play()
    time.sleep(4)
    first, start = run.latest.step, time.perf_counter()
    time.sleep(seconds)
    rate = (run.latest.step - first) / (time.perf_counter() - start)
    run.stop()
    return rate


def clicks(page: Page, count: int) -> list[float]:
    times = []
    for i in range(count):
        times.append(page.evaluate(CLICK, PICTURES[i % 2]))
        page.wait_for_timeout(150)
    return times


def frames(page: Page, seconds: float) -> float:
    """Frames a second during a drag."""
    pad = page.locator(".latent-pad")
    page.locator(".map").scroll_into_view_if_needed()
    box = page.locator(".map").bounding_box()
    assert box
    pad.evaluate(WATCH)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    start, i = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        i += 1
        page.mouse.move(box["x"] + box["width"] * (0.5 + 0.3 * ((i % 97) / 48 - 1)),
                        box["y"] + box["height"] * (0.5 + 0.3 * ((i % 61) / 30 - 1)))
    seen = page.evaluate("(seen.on = false, seen.frames)")
    took = time.perf_counter() - start
    page.mouse.up()
    return float(seen / took)


Found = dict[str, list[float]]
SLOW = "browser, server, worker and test share the cores"


def measured(rounds: int, seconds: float, count: int) -> Found:
    """All that is measured, round by round; clicks each on its own."""
    found: Found = {name: [] for name in ("first", "again", "alone", "beside", "idle", "clicks", "training")}
    with launched() as browser, serving() as (url, _):
        pad_drawn(browser, url)  # the first visitor warms the server
        for _ in range(rounds):
            one_round(browser, url, found, seconds, count)
    return found


def one_round(browser: Browser, url: str, found: Found, seconds: float, count: int) -> None:
    """Open the page, train with and without it, click and drag."""
    first, again = pad_drawn(browser, url)
    found["first"].append(first)
    found["again"].append(again)
    found["alone"].append(undisturbed(seconds))
    page = opened(browser, url, OWN)
    settle(page)
    found["idle"].append(frames(page, seconds))
    train(page)
    found["beside"].append(speed(page, seconds))
    found["clicks"] += clicks(page, count)
    found["training"].append(frames(page, seconds))
    press(page, "Pause")
    page.close()


def relation(name: str, found: Found, ours: str, peer: str, least: float) -> Row:
    """A row of two rates a second, and their ratio."""
    ratios = [own / other for own, other in zip(found[ours], found[peer], strict=True) if other] or [0.0]
    return Row(name, report.spread(found[ours]), report.spread(found[peer]), f"{report.spread(ratios)} ×",
               f"≥ {least:g} ×", statistics.median(ratios) >= least, SLOW)


def rows(found: Found) -> Iterator[Row]:
    """The table's rows."""
    yield report.at_most("pad drawn, first visit", found["first"], 1, "s", SLOW)
    yield report.at_most("pad drawn, coming back", found["again"], 1, "s", SLOW)
    p50, p95 = report.quantiles(found["clicks"])
    yield report.at_most("a click while training, p50", [p50], 70, "ms", SLOW)
    yield report.at_most("a click while training, p95", [p95], 200, "ms", SLOW)
    yield relation("training steps a second, with the page : without", found, "beside", "alone", 0.67)
    yield relation("frames a second while dragging, training : idle", found, "training", "idle", 0.95)


def tables(quick: bool) -> Iterator[Table]:
    """One table."""
    found = measured(1, 2, 5) if quick else measured(3, 5, 10)
    yield Table("The VAE page", list(rows(found)), "By the clock on the wall, in Chromium without a screen.")


if __name__ == "__main__":
    report.main(tables, __doc__)
