"""deploy/: its files name the commands, settings and files that are there."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
README = (DEPLOY / "README.md").read_text(encoding="utf-8")
CODE = "\n".join(path.read_text(encoding="utf-8") for folder in ("dgm", "ui", "server") for path in
                 (ROOT / folder).rglob("*.py"))


def test_every_setting_is_read_by_the_code() -> None:
    named = set(re.findall(r"DGM_[A-Z_]+", README)) - {"DGM_PORT"}    # of the service alone
    assert {name for name in named if f'"{name}"' not in CODE} == set()


def test_every_setting_that_the_code_reads_is_listed() -> None:
    read = set(re.findall(r"\"(DGM_[A-Z_]+)\"", CODE))
    listed = set(re.findall(r"^\| `(DGM_[A-Z_]+)` \|", README, re.MULTILINE))
    assert len(read) > 10
    assert read <= listed, read - listed


def test_commands_are_those_of_the_environment_that_make_has_made() -> None:
    bare = [line for line in README.splitlines() if re.search(r"(?<!\.venv/bin/)python -m", line)]
    assert not bare


def test_the_image_has_what_is_in_the_repository_and_nothing_private() -> None:
    """Whatever git ignores stays out of the image: secrets, caches, builds."""
    def patterns(name: str) -> set[str]:
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        return {line.strip("/").removeprefix("**/") for line in lines if line and not line.startswith("#")}

    assert patterns(".gitignore") | {".git"} <= patterns(".dockerignore")
    anywhere = {line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if not line.startswith("/")}
    listed = set((ROOT / ".dockerignore").read_text().splitlines())
    assert {f"**/{name}" for name in anywhere} <= listed, "docker's patterns begin at the root"


def test_the_image_runs_as_a_user_without_rights() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "USER dgm"
    assert any("/var/cache/dgm" in line and "-o dgm" in line for line in lines)


def test_the_image_takes_the_makefiles_flags_of_pip() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    install, = (line for line in lines if "pip install" in line)
    assert "$PIP_FLAGS" in install
    assert 'ARG PIP_FLAGS=""' in lines[:lines.index(install)]


@pytest.mark.parametrize("name", sorted(set(re.findall(r"deploy/[\w@.-]*\w", README))))
def test_every_file_that_is_named_exists(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("module", sorted(set(re.findall(r"python -m ((?:server|benchmarks)[\w.]*)", README))))
def test_every_module_that_is_run_exists(module: str) -> None:
    path = ROOT / module.replace(".", "/")
    assert path.with_suffix(".py").exists() or (path / "__main__.py").exists()


def test_every_option_of_our_commands_exists() -> None:
    for module, options in re.findall(r"python -m (server[\w.]*)((?:[^\n\\]|\\\n)*)", README):
        path = ROOT / module.replace(".", "/")
        source = (path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__main__.py").read_text()
        assert all(f'"{option}"' in source for option in re.findall(r"--[a-z-]+", options)), options


def test_compose_has_what_the_readme_starts() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(services) == {"pages", "scheduler", "worker"}
    assert all(service["restart"] == "always" for service in services.values())
    assert services["pages"]["environment"]["DGM_CLUSTER"] == "tcp://scheduler:8786"
