"""The step of the run that is shown: kept checkpoints, spread over the run, within their bytes; all pictures follow."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from dgm import jobs, vae
from dgm.vae import live_training
from dgm.vae.runs import checkpoint_history
from pages.vae import scrubber
from tests.pages.visitor import Visitor, figures


class Standing:
    """A run that stands at a checkpoint."""

    def __init__(self, checkpoint: vae.Checkpoint) -> None:
        self.latest = live_training.Training(checkpoint)


def model(step: int = 0) -> vae.Checkpoint:
    return vae.init(vae.Config(hidden=8), torch.eye(16))._replace(step=step)


def kept(run: Standing) -> tuple[int, ...]:
    return checkpoint_history.steps(scrubber._histories[run])   # type: ignore[index]


def trained(page: Visitor, step: int) -> None:
    """Press the step button, and wait until the run has reached `step` and the button can be pressed again."""
    page.press("vae step")
    end = time.monotonic() + 60
    while (f"step {step} " not in page.run().at.get("progress")[0].proto.text
           or page.at.button(key="vae step").disabled):
        assert time.monotonic() < end
        time.sleep(0.1)


def slider_of(page: Visitor) -> Any:
    return next(widget for widget in page.at.select_slider if str(widget.key).startswith("scrub"))


def test_checkpoints_stay_within_their_bytes_and_spread_over_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 8
    monkeypatch.setattr(scrubber, "LIMIT", most * checkpoint_history.bytes_of(model()))
    run = Standing(model())
    for step in range(0, 997 * 7, 7):    # whatever steps the page happens to read
        run.latest = live_training.Training(model(step))
        scrubber.remember(run)      # type: ignore[arg-type]
        assert len(kept(run)) <= most
        assert (kept(run)[0], kept(run)[-1]) == (0, step)
    gaps = [later - earlier for earlier, later in zip(kept(run)[:-1], kept(run)[1:], strict=True)]
    assert max(gaps) < 7000 / 2


def test_a_run_that_starts_over_has_a_new_history() -> None:
    run = Standing(model(50))
    for step in (50, 80, 0):
        run.latest = live_training.Training(model(step))
        scrubber.remember(run)      # type: ignore[arg-type]
    assert kept(run) == (0,)


def test_pictures_numbers_and_curves_are_those_of_the_step_that_is_chosen(worker: ThreadPoolExecutor) -> None:
    page = Visitor("vae", {"data": "digits", "hidden": "20", "steps": "200000"})
    for step in (20, 40):
        trained(page, step)
    newest = page.printed()
    slider = slider_of(page)
    assert next(map(int, slider.options)) == 0
    slider.set_value(20)
    page.run()
    images = vae.Images("digits")
    run = live_training.advance(live_training.start(vae.Config(hidden=20), images), images, 20)
    record = live_training.measure(run.checkpoint, vae.split_images(images))
    assert page.printed() != newest
    assert page.printed().splitlines()[0] == f"reconstruction: {record.held_out_recon:.6g}"
    (curves,) = [figure for figure in figures(page.at) if figure["alt"].startswith("Training curves")]
    assert [line["x0"] for line in curves["layout"]["shapes"]] == [20]
    assert "step 20:]" in page.texts()
    page.set("part", "Generation")
    assert slider_of(page).value == 20
    assert page.link["shown_step"] == "20"
    page.set("part", "Explore")
    slider_of(page).set_value(40)
    page.run()
    assert "shown_step" not in page.link
    assert page.printed() == newest


def test_a_link_to_a_step_says_what_it_needs_and_the_run_goes_there(worker: ThreadPoolExecutor) -> None:
    page = Visitor("vae", {"data": "digits", "hidden": "20", "model": "my run", "shown_step": "20", "steps": "200000"})
    assert "The link shows a run at step 20" in page.texts()
    trained(page, 20)
    assert slider_of(page).value == 20
    trained(page, 40)
    assert slider_of(page).value == 40, "a run that goes on is shown at its newest step"
    assert "shown_step" not in page.link
    assert "is not a whole number" in Visitor("vae", {"shown_step": "-3"}).texts()


def test_the_nearest_step_to_that_of_a_link() -> None:
    assert [scrubber.nearest((0, 20, 50), wanted) for wanted in (None, 0, 30, 40, 999)] == [50, 0, 20, 50, 50]


def test_a_run_is_weakly_kept() -> None:
    images = vae.Images("digits")
    run = jobs.Run(live_training.advance, live_training.start(vae.Config(hidden=8), images), images)
    scrubber.remember(run)
    before = len(scrubber._histories)
    del run
    assert len(scrubber._histories) < before


def test_full_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrubber, "LIMIT", 3 * checkpoint_history.bytes_of(model()))
    run = Standing(model())
    said = []
    for step in range(4):
        run.latest = live_training.Training(model(step))
        scrubber.remember(run)      # type: ignore[arg-type]
        said.append(scrubber._full(scrubber._histories[run]))   # type: ignore[index]
    assert said[:2] == ["", ""]
    assert all(sentence.startswith(" 3 steps are kept, as many as fit into") for sentence in said[2:])
