"""docker-compose.yml and the Dockerfile are held against the Compose specification and hadolint; neither needs Docker."""

import subprocess
import sys
from pathlib import Path

from store.settings import VERSION

BIN = Path(sys.executable).parent
HERE = Path(__file__).parent.parent


def hadolint(dockerfile: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([str(BIN / "hadolint"), "--no-color", str(dockerfile)], capture_output=True, text=True)


def compose(file: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, text=True)


def test_hadolint_has_nothing_to_say_about_the_dockerfile_and_would_say_it(tmp_path: Path):
    found = hadolint(HERE / "Dockerfile")
    assert (found.stdout, found.returncode) == ("", 0)
    worse = tmp_path / "Dockerfile"
    worse.write_text((HERE / "Dockerfile").read_text().replace("python:3.13.9-slim-bookworm", "python"))
    found = hadolint(worse)
    assert "DL3006" in found.stdout
    assert found.returncode == 1


def test_the_compose_file_is_one_and_what_is_none_is_told(tmp_path: Path):
    found = compose(HERE / "docker-compose.yml")
    assert found.returncode == 0, found.stdout
    text = (HERE / "docker-compose.yml").read_text()
    worse = tmp_path / "docker-compose.yml"
    for was, wrong in (("read_only: true", "readonly: true"), ("retries: 20", "retries: [20]")):
        assert was in text
        worse.write_text(text.replace(was, wrong))
        assert compose(worse).returncode == 1, wrong
    assert f"image: lifecycle:{VERSION}\n" in text
