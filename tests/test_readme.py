"""The README: the tables that `make bench` writes, the pages' questions, the data's licences, links and pictures."""

import re
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import __main__ as bench
from benchmarks import load, report, vae_full_data
from benchmarks.report import Row, Table
from dgm.datasets import registry
from ui.contents import HOME, LESSONS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MOST = 1_500_000      # bytes of a picture


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def cells(text: str) -> list[list[str]]:
    """The rows of the tables in a text, without heads and rules."""
    lines = [line.strip("|") for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.split(" |")] for line in lines]
    return [row for row, after in zip(rows, [*rows[1:], [""]], strict=True) if "---" not in row[0] + after[0]]


def table() -> Table:
    """Made-up results: a target met, one missed, and a row without a target."""
    times = {"dgm": [1e-3, 2e-3, 4e-3], "slow": [0.9, 0.9, 0.9], "peer": [4e-3, 4e-3, 4e-3]}
    return Table("Made up", [report.faster("a job", times, least=2, why="never shown"),
                             report.at_most("a wait", [90.0, 120.0, 100.0], 80, "ms"),
                             Row("a size", "3 MB")], "On no machine.")


def test_a_row_has_the_fastest_peer_the_spread_and_the_target() -> None:
    lines = table().markdown().splitlines()
    assert lines[0] == "**Made up**"
    assert lines[2:4] == report.HEAD.splitlines()
    assert lines[4] == "| a job | 2 ms | peer 4 ms | 2 (1 to 4) × | ≥ 2 × | yes |"
    assert lines[5] == "| a wait | 100 (90 to 120) ms |  |  | ≤ 80 ms | no: 1.25 times the limit on this machine |"
    assert lines[6] == "| a size | 3 MB |  |  |  |  |"
    assert lines[8] == "On no machine."


def test_a_missed_target_without_a_reason_is_an_error() -> None:
    with pytest.raises(ValueError, match="say why"):
        Row("a job", "1 s", target="≤ 0.5 s", met=False).markdown()


def test_rounds_alternate_after_one_that_is_not_counted() -> None:
    called: list[str] = []
    clock = iter(range(100))
    times = report.alternating({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, 2,
                               lambda: float(next(clock)))
    assert "".join(called) == "ababab"
    assert times == {"a": [1.0, 1.0], "b": [1.0, 1.0]}


def test_results_replace_the_tables_of_a_readme_and_nothing_else(tmp_path: Path) -> None:
    copy = tmp_path / "README.md"
    copy.write_text(README, encoding="utf-8")
    for _ in range(2):      # a second time changes nothing
        bench.write(copy, {"gmm": table().markdown(), "machine": "Measured nowhere."})
        text = copy.read_text(encoding="utf-8")
        found = text.partition("<!-- benchmark gmm -->\n")[2].partition("<!-- end of gmm -->")[0]
        assert found == f"{table().markdown()}\n"
        assert "<!-- benchmark machine -->\nMeasured nowhere.\n<!-- end of machine -->" in text
    marked = re.compile(r"<!-- benchmark (gmm|machine) -->.*?<!-- end of \1 -->", re.DOTALL)
    assert marked.sub("", text) == marked.sub("", README)


def test_no_server_writes_into_a_table() -> None:
    """A benchmark's block is all that it prints, with what it starts."""
    assert "Serving on" not in README


def test_every_benchmark_has_its_place() -> None:
    for name in (*bench.BENCHMARKS, "machine"):
        assert bench.rewritten(README, {name: "x"}) != README
    with pytest.raises(ValueError, match="marks"):
        bench.rewritten(README, {"none": "x"})


def heads_of(name: str) -> set[str]:
    """The heads of the tables in a benchmark's block: the lines before a rule."""
    block = README.partition(f"<!-- benchmark {name} -->\n")[2].partition(f"<!-- end of {name} -->")[0].splitlines()
    return {"\n".join(pair) for pair in pairwise(block) if pair[1].startswith("|---")}


@pytest.mark.parametrize("name", bench.BENCHMARKS)
def test_the_tables_have_the_form_that_their_benchmark_prints(name: str) -> None:
    own = {"load": load.HEAD, "vae_full_data": vae_full_data.HEAD}
    heads = heads_of(name)
    assert heads <= {own.get(name, report.HEAD)}
    assert heads or name == "vae_full_data"     # needs a download


def test_every_missed_target_has_its_reason() -> None:
    rows = [line for line in README.splitlines() if line.startswith("|") and line.count(" | ") == 5]
    assert [row for row in rows if re.search(r"\| no:?\s*\|$", row)] == []
    assert sum("| no: " in row for row in rows) > 5


def test_it_says_what_is_and_not_how_it_was_made() -> None:
    words = ("earlier run", "earlier form", "not measured yet", "were tried", "much other work", "todo", "placeholder")
    assert [word for word in words if word in README.lower()] == []


def test_every_benchmark_is_a_module_and_the_other_way_round() -> None:
    others = {"__main__", "report", "bare_page"}     # the last one is a peer
    folder = ROOT / "benchmarks"
    names = {".".join(path.relative_to(folder).with_suffix("").parts) for path in folder.rglob("*.py")}
    assert names - others == set(bench.BENCHMARKS)
    assert sum(one.limit for one in bench.BENCHMARKS.values()) <= 90 * 60


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A project with three benchmarks: one works, one fails, one does not end."""
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    (folder / "good.py").write_text("import sys; print('| a | table |', *sys.argv[1:])")
    (folder / "bad.py").write_text("raise OSError('no disk')")
    (folder / "endless.py").write_text("while True: pass")
    (tmp_path / "README.md").write_text("".join(f"<!-- benchmark {name} -->\nold {name}\n<!-- end of {name} -->\n"
                                                for name in ("good", "bad", "endless", "machine")))
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.setattr(bench, "BENCHMARKS", {"good": bench.Benchmark(60), "bad": bench.Benchmark(60),
                                              "endless": bench.Benchmark(1)})
    return tmp_path / "README.md"


def test_a_benchmark_that_fails_or_does_not_end_leaves_its_table(modules: Path) -> None:
    failures = bench.run(["bad", "endless", "good"], False, modules)
    assert failures == {"bad": "OSError: no disk", "endless": "longer than 1 s"}
    text = modules.read_text()
    assert "| a | table |" in text
    assert "old good" not in text
    assert "old bad" in text
    assert "old endless" in text
    assert f"Python {sys.version.split()[0]}" in text


def test_a_try_leaves_the_readme_as_it_is(modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "README", modules)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--quick", "good"])
    before = modules.read_text()
    assert bench.main() == 0
    assert modules.read_text() == before


def test_a_page_each_with_its_question() -> None:
    assert cells(section("The pages")) == [[entry.title, entry.question] for entry in (HOME, *LESSONS)]


def test_every_data_set_with_its_licence() -> None:
    rows = {row[0]: row[1:] for row in cells(section("Data"))}
    for source in registry.SOURCES.values():
        if source.licence == "CC0":
            assert source.title.partition(" (")[0].lower() in str(list(rows)).lower()
        else:
            assert rows[source.title] == [source.origin, source.licence]


def test_files_that_it_names_exist() -> None:
    named = re.findall(r"\]\((?!http)([^)]+)\)|`((?:deploy|examples|benchmarks)/[^`]*)`", README)
    for path in (link or name for link, name in named):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.gif")), ids=lambda path: path.name)
def test_animated_pictures_move_and_are_small(path: Path) -> None:
    with Image.open(path) as picture:
        assert getattr(picture, "n_frames", 1) > 10
        assert picture.width >= 600
    assert path.stat().st_size <= MOST
