"""docs/tutorial.md, walked: its commands are run in their order, and what it shows is what comes. So it cannot go stale."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.test_run import free_port

CHECKOUT = Path(__file__).parent.parent.parent
TUTORIAL = CHECKOUT / "docs" / "tutorial.md"
PORT = "8000"
CAUGHT_UP = """
python3 - <<'PY'
import json, os, time, urllib.request
for _ in range(600):
    with urllib.request.urlopen(f"http://127.0.0.1:{os.environ['LIFECYCLE_PORT']}/readyz") as answer:
        if not json.load(answer)["projection"]["lag"]:
            break
    time.sleep(0.1)
PY
"""
"""A reader takes longer to the next command than the read model to catch up; the test does not."""


class Step(NamedTuple):
    """One command of the document, and the lines that it shows below."""

    command: str
    shown: tuple[str, ...]

    def pattern(self, port: int) -> str:
        """`…` stands for what is new each time, a line of it for any lines."""
        lines = [
            "(?:.*\n)*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + "\n"
            for line in (line.replace(f":{PORT}", f":{port}") for line in self.shown)
        ]
        return "".join(lines)


def steps(text: str) -> Iterator[Step]:
    """Of every console block: `$ ` begins a command, `> ` goes on with it, the rest is its output."""
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        command: list[str] = []
        shown: list[str] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command:
                    yield Step("\n".join(command), tuple(shown))
                command, shown = [line[2:]], []
            elif line.startswith("> ") and not shown:
                command.append(line[2:])
            else:
                shown.append(line)
        yield Step("\n".join(command), tuple(shown))


@contextmanager
def served(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[list[str]]:
    """`./run`, until the end of the block; yields what it said up to its address."""
    process = subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        said: list[str] = []
        for line in process.stdout:
            said.append(line)
            if "http://" in line:
                break
        yield said
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def test_the_walk_shows_what_it_says(database: str, tmp_path: Path):
    port = free_port()
    run = tmp_path / "run"
    run.write_text(f'#!/bin/sh\n[ $# -gt 0 ] || set -- serve\nexec "{sys.executable}" -m api.cli "$@"\n')
    run.chmod(0o755)
    environment = {
        **os.environ,
        "PYTHONPATH": str(CHECKOUT),
        "LIFECYCLE_DATABASE_URL": database,
        "LIFECYCLE_HOME": str(tmp_path / "home"),
        "LIFECYCLE_PORT": str(port),
        "LC_ALL": "C.UTF-8",
    }
    first, *walk = steps(TUTORIAL.read_text(encoding="utf-8"))
    assert first.command == "./run"
    with served(["./run"], environment, tmp_path) as said:
        assert re.fullmatch(first.pattern(port), "".join(said)), "".join(said)
        marks = [f"{step.command}\n{CAUGHT_UP if 'run demo' in step.command else ''}echo; echo '@@'" for step in walk]
        done = subprocess.run(
            ["bash"], input="\n".join(marks), env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=240
        )
    came = done.stdout.split("\n@@\n")[:-1]
    assert len(came) == len(walk), done.stderr
    wrong = [
        f"$ {step.command}\n{output}"
        for step, output in zip(walk, came, strict=True)
        if not re.fullmatch(step.pattern(port), output)
    ]
    assert not wrong, "docs/tutorial.md shows something else than what comes:\n" + "\n".join(wrong) + done.stderr


def test_the_walk_is_told_apart_from_its_output():
    text = "```console\n$ a \\\n> b\nshown … 1\n…\n$ c\n```\n```sh\n$ d\n```\n"
    assert list(steps(text)) == [Step("a \\\nb", ("shown … 1", "…")), Step("c", ())]
    assert re.fullmatch(Step("a", ("shown … 1", "…")).pattern(1), "shown x 1\nmore\nmore\n")
    assert not re.fullmatch(Step("a", ("shown … 1",)).pattern(1), "shown x 2\n")
