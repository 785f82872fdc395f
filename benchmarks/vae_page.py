"""The VAE page in a browser: opening, clicks and drags while it trains, and the speed of training with the page open.

    python -m benchmarks.vae_page [--rounds 3] [--seconds 5]

Targets: pad drawn <= 1.0 s after navigation; a click while training answers in p50 <= 70, p95 <= 200 ms; training has
at least two thirds of its speed without a page (peer: the same run without a page); frames while dragging within 5%.
"""

import argparse
import re
import statistics
import time

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from benchmarks.frame import quantiles, settle
from benchmarks.latent_pad import WATCH
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


def main() -> None:
    """Measure in alternation, print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clicks", type=int, default=30)
    options = parser.parse_args()
    without_page, with_page, idle, training, answers, first = [], [], [], [], [], []
    with launched() as browser, serving() as (url, _):
        pad_drawn(browser, url)  # the first visitor warms the server
        for _ in range(options.rounds):
            first.append(pad_drawn(browser, url))
            without_page.append(undisturbed(options.seconds))
            page = opened(browser, url, OWN)
            settle(page)
            idle.append(frames(page, options.seconds))
            train(page)
            with_page.append(speed(page, options.seconds))
            answers += clicks(page, options.clicks // options.rounds)
            training.append(frames(page, options.seconds))
            press(page, "Pause")
            page.close()
    p50, p95 = quantiles(answers)
    middle = statistics.median
    print("| VAE page | measured | target |\n|---|---|---|")
    for what, seconds in zip(("first visit", "coming back"), zip(*first, strict=True), strict=True):
        print(f"| pad drawn after navigation, warm server, {what} | {middle(seconds):.2f} s | 1.0 s |")
    print(f"| a click while training, p50 | {p50:.0f} ms | 70 ms |")
    print(f"| a click while training, p95 | {p95:.0f} ms | 200 ms |")
    print(f"| training with the page : undisturbed | {middle(with_page):.0f} : {middle(without_page):.0f} steps/s = "
          f"{middle(with_page) / middle(without_page):.2f} | 0.67 |")
    print(f"| frames a second while dragging, training : idle | {middle(training):.1f} : {middle(idle):.1f} = "
          f"{middle(training) / middle(idle):.2f} | 0.95 |")


if __name__ == "__main__":
    main()
