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
