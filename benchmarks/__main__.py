"""Every benchmark against its peer, and the README's tables written again from what they print (`make bench`).

    python -m benchmarks                  # about 45 minutes on two cores without other work, never above 90
    python -m benchmarks --quick          # a try of each, 5 minutes, which leaves the README as it is
    python -m benchmarks gmm ppca         # some of them

Each table is written when its benchmark ends. One that fails or takes longer than its limit leaves its table as it was;
the command then ends with 1 and says which one failed.
"""

import argparse
import datetime
import os
import platform
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
VERSIONS = ("torch", "numpy", "scikit-learn", "streamlit", "pyro-ppl", "torchgmm", "pomegranate", "ppca-rs")


class Benchmark(NamedTuple):
    """A module of this folder."""

    limit: int                          # seconds, after which it is ended
    quick: tuple[str, ...] = ("--quick",)
    full: tuple[str, ...] = ()


BENCHMARKS: dict[str, Benchmark] = {
    "gmm": Benchmark(550), "ppca": Benchmark(300), "gradients": Benchmark(150), "bayes": Benchmark(120),
    "elbo": Benchmark(100), "vae_training": Benchmark(180), "vae_yardsticks": Benchmark(700),
    "vae_full_data": Benchmark(900, ("mnist", "--epochs", "1")), "autoregressive": Benchmark(200),
    "browser.latent_pad": Benchmark(150), "browser.vae_page": Benchmark(240), "browser.frame": Benchmark(420),
    "load": Benchmark(1150, ("--visitors", "5", "--seconds", "10", "--servers", "1"), ("--seconds", "40")),
    "faults": Benchmark(240),
}


class FailedError(Exception):
    """A benchmark that gave no table; the message is the reason."""


def printed_by(name: str, arguments: Sequence[str], limit: int) -> str:
    """What a benchmark prints. FailedError when it ends with an error or has to be ended, with what it has started."""
    process = subprocess.Popen([sys.executable, "-m", f"benchmarks.{name}", *arguments], cwd=ROOT, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    try:
        out, errors = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise FailedError(f"longer than {limit} s") from None
    if process.returncode:
        raise FailedError((errors.strip().splitlines() or [f"exit status {process.returncode}"])[-1])
    return out.strip()


def rewritten(readme: str, results: Mapping[str, str]) -> str:
    """The README with the text between the marks of each name in `results` replaced. ValueError without the marks."""
    for name, text in results.items():
        begin, end = f"<!-- benchmark {name} -->\n", f"<!-- end of {name} -->"
        if readme.count(begin) != 1 or readme.count(end) != 1:
            raise ValueError(f"README.md has to have the marks {begin.strip()} and {end} once")
        before, _, rest = readme.partition(begin)
        readme = f"{before}{begin}{text.strip()}\n{end}{rest.partition(end)[2]}"
    return readme


def machine() -> str:
    """The machine and the versions."""
    found = {name: version_of(name) for name in VERSIONS}
    packages = ", ".join(f"{name} {number}" for name, number in found.items() if number)
    return (f"The machine: {os.cpu_count()} cores of {processor()}, Python "
            f"{platform.python_version()}, {packages}.")


def circumstances() -> str:
    """When a table was measured, and how busy the machine was, the benchmark's own work included."""
    return f"{datetime.date.today():%-d %B %Y}, at a load of {os.getloadavg()[1]:.0f} on {os.cpu_count()} cores."


def version_of(package: str) -> str:
    """The version of a package, "" when it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def processor() -> str:
    """The processor's name."""
    listed = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.+)", listed.read_text() if listed.exists() else "")
    return names[0] if names else platform.processor() or platform.machine()


def run(names: Sequence[str], quick: bool, readme: Path | None) -> dict[str, str]:
    """Run each, and write its table to `readme` at once. Returns why the others failed."""
    failures: dict[str, str] = {}
    for name in names:
        one, start = BENCHMARKS[name], time.monotonic()
        try:
            result = printed_by(name, one.quick if quick else one.full, one.limit)
        except FailedError as reason:
            failures[name] = str(reason)
            print(f"\n{name} failed: {reason}", flush=True)
            continue
        print(f"\n{result}\n\n{name}: {time.monotonic() - start:.0f} s", flush=True)
        if readme:
            write(readme, {name: f"{result}\n\n{circumstances()}", "machine": machine()})
    return failures


def write(readme: Path, results: Mapping[str, str]) -> None:
    """Replace the tables in the file."""
    readme.write_text(rewritten(readme.read_text(encoding="utf-8"), results), encoding="utf-8")


def main() -> int:
    """Run them and write the README; 1 when one failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=[], help=f"any of {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="a try of each; the README stays as it is")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}")
    return 1 if run(options.names or list(BENCHMARKS), options.quick, None if options.quick else README) else 0


if __name__ == "__main__":
    sys.exit(main())
