"""The components' scripts without a browser, in the node that Playwright brings: one process for a whole test run."""

import atexit
import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import playwright

from ui.components import assets

NODE = Path(playwright.__file__).parent / "driver" / "node"
# Each line is the arguments of a call; each answer is one line.
LOOP = """
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  let answer;
  try { answer = { result: call(...JSON.parse(line)) ?? null }; } catch (error) { answer = { error: error.stack }; }
  process.stdout.write(`${JSON.stringify(answer)}\\n`);
});
"""


class Script:
    """Files of ui/components, and the function that a line calls."""

    def __init__(self, files: tuple[str, ...], call: str) -> None:
        source = f"{assets.script(*files)}\nconst call = {call};\n{LOOP}"
        self.process = subprocess.Popen([NODE, "-e", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        atexit.register(self.process.kill)

    def __call__(self, *arguments: Any) -> Any:
        """The result of a call. AssertionError with the script's own error."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(arguments).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer
        return answer["result"]


@cache
def script(call: str, *files: str) -> Script:
    """The process of some files, started once. call: a function of JavaScript."""
    return Script(files, call)
