"""`lifecycle token`: the same promises as POST /tokens, from the command line."""

import pytest

from api.cli import main
from tests.api.conftest import District

ADD = ["token", "add", "--person", "p-clerk", "--unit", "street-a", "--post", "科员", "--role", "unit"]


@pytest.fixture(autouse=True)
def _this_database(monkeypatch: pytest.MonkeyPatch, database: str):
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", database)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


def test_a_token_is_made_listed_without_its_secret_and_revoked(district: District, capsys: pytest.CaptureFixture[str]):
    assert main(ADD) == 0
    district.tokens["made"] = capsys.readouterr().out.strip()
    assert district.get("/projects", "made").status_code == 200
    assert main(["token", "list"]) == 0
    listed = capsys.readouterr().out
    assert district.tokens["made"] not in listed
    made = next(line for line in reversed(listed.splitlines()) if "p-clerk" in line)
    assert main(["token", "revoke", made.split("\t")[0]]) == 0
    assert district.get("/projects", "made").status_code == 401
    assert main(["token", "revoke", made.split("\t")[0]]) == 1


@pytest.mark.parametrize(
    ("option", "value", "code", "said"),
    [
        ("--person", "p-nobody", 1, "No person with this reference"),
        ("--unit", "nowhere", 1, "No unit with this code"),
        ("--person", "Not A Reference", 2, "--person cannot be used"),
        ("--post", "", 2, "--post cannot be used"),
    ],
)
def test_what_cannot_be_made_is_told_and_makes_nothing(
    district: District, capsys: pytest.CaptureFixture[str], option: str, value: str, code: int, said: str
):
    before = len(district.services.accounts.all())
    arguments = list(ADD)
    arguments[arguments.index(option) + 1] = value
    assert main(arguments) == code
    assert said in capsys.readouterr().err
    assert len(district.services.accounts.all()) == before
