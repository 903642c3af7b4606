"""`lifecycle gates`: a file as the body that POST /district/gates takes."""

import json
from pathlib import Path

import pytest

from api.cli import main
from tests.api.conftest import District

OURS = """
name = "某区 2026"
[[expects]]
stage = "signed"
kind = "signed"
evidence = ["contract"]
"""


def test_a_file_becomes_a_body_that_the_service_adopts(
    district: District, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "ours.toml"
    file.write_text(OURS, "utf-8")
    assert main(["gates", str(file), "--from", "2026-02-01"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body == {
        "occurred_on": "2026-02-01",
        "gates": {"name": "某区 2026", "expects": [{"stage": "signed", "kind": "signed", "evidence": ["contract"]}]},
    }
    district.recorded("/district/gates", body)
    assert main(["gates"]) == 0
    assert json.loads(capsys.readouterr().out)["gates"]["name"] == "shipped-1"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('name = "x"\n[[expects]]\nstage = "dreamt"\nkind = "signed"', "expects.0.stage"),
        ('name = "x"\n[[expects]]\nstage = "signed"\nkind = "dreamt"', "dreamt"),
        ("name = x\n", "line 1"),
        ("colour = 1", "colour"),
    ],
)
def test_a_file_that_is_no_table_is_told_by_its_place(
    text: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "ours.toml"
    file.write_text(text, "utf-8")
    assert main(["gates", str(file)]) == 1
    said = capsys.readouterr()
    assert place in said.err
    assert said.out == ""
