"""ui.page: terms of formulas, and the links at the end of a page."""

import pytest

from ui import page
from ui.style import palette


@pytest.mark.parametrize("presenting", [False, True])
@pytest.mark.parametrize(("stem", "links"), [("gmm", ["Overview of the lessons", "Next: The PCA model"]),
                                             ("vae", ["Overview of the lessons"])])
def test_a_page_ends_with_links_which_keep_the_lecture_hall(
        stem: str, presenting: bool, links: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[str, dict[str, str] | None]] = []
    monkeypatch.setattr(page.style, "presenting", lambda: presenting)
    monkeypatch.setattr(page.st, "page_link",
                        lambda path, *, label, icon, query_params: shown.append((label, query_params)))
    page.closing(stem)
    assert shown == [(label, {"present": "1"} if presenting else None) for label in links]


def test_a_term_has_its_meanings_colour_and_its_number() -> None:
    colour = palette()["kl"]
    assert page.term("kl", "KL") == rf"\textcolor{{{colour}}}{{KL}}"
    assert page.term("kl", "KL", 1 / 3, "nats") == (
        rf"\underbrace{{\textcolor{{{colour}}}{{KL}}}}_{{\textcolor{{{colour}}}{{0.3333\,\text{{nats}}}}}}")
    assert r"{-\infty}" in page.term("kl", "KL", r"-\infty")
