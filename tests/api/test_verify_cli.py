"""`lifecycle verify --evidence`, from the command line: an exit code that scripts can trust."""

import pytest

from api.cli import main
from store.evidence import Folder
from store.uploads import NAMING
from tests import files
from tests.api.conftest import District, P


@pytest.fixture(autouse=True)
def _this_district(monkeypatch: pytest.MonkeyPatch, database: str, district: District):
    assert isinstance(district.services.evidence, Folder)
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", database)
    monkeypatch.setenv("LIFECYCLE_EVIDENCE", str(district.services.evidence.incoming.parent))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


def attached(district: District, number: int) -> str:
    """One more file on the signing; its SHA-256."""
    headers = {"Authorization": f"Bearer {district.tokens['clerk']}"}
    content = files.PDF + str(number).encode()
    answer = district.client.post(f"/evidence?name={number}.pdf", content=content, headers=headers)
    digest: str = answer.json()["sha256"]
    said = {"act": "attach", "target": 4, "sha256": digest, "sort": "contract"}
    district.recorded(f"{P}/evidence", said, "clerk")
    return digest


def test_the_exit_code_says_whether_all_is_as_it_was(district: District, capsys: pytest.CaptureFixture[str]):
    assert main(["verify"]) == 2
    assert main(["verify", "--evidence"]) == 0
    digests = [attached(district, number) for number in range(3)]
    assert main(["verify", "--evidence"]) == 0
    assert "3 files of evidence verified: 0 missing, 0 altered; 0 uploaded" in capsys.readouterr().out
    folder = district.services.evidence.incoming.parent
    for digest, content in zip(digests, (None, b"x"), strict=False):
        place = folder / digest[:2] / digest[2:4] / digest
        place.unlink()
        if content is not None:
            place.write_bytes(content)
    assert main(["verify", "--evidence"]) == 1
    told = capsys.readouterr()
    assert f"missing: {digests[0]} 0.pdf ← XM-2026-001#5" in told.err
    assert f"altered: {digests[1]} 1.pdf ← XM-2026-001#6" in told.err
    assert digests[2] not in told.err
    assert "1 missing, 1 altered" in told.out


def test_a_folder_that_cannot_be_read_is_no_pass(district: District, capsys: pytest.CaptureFixture[str]):
    attached(district, 1)
    folder = district.services.evidence.incoming.parent
    folder.rename(folder.with_name("away"))
    folder.symlink_to(folder.name)
    assert main(["verify", "--evidence"]) == 1
    assert "cannot be reached" in capsys.readouterr().err


def test_files_are_gone_through_page_by_page_each_once(district: District):
    digests = [attached(district, number) for number in range(5)]
    said = {"act": "attach", "target": 3, "sha256": digests[0], "sort": "contract"}
    district.recorded(f"{P}/evidence", said)
    found = list(district.services.uploads.all_named(page=2))
    assert [file.sha256 for file in found] == sorted(digests)
    assert sum(len(file.citations) for file in found) == 6


def test_which_entries_name_a_file_is_looked_up_not_scanned(district: District):
    with district.connection.transaction():
        district.connection.execute("SET LOCAL enable_seqscan = off")
        plan = str(district.connection.execute(f"EXPLAIN {NAMING}".encode(), ("0" * 64,)).fetchall())
    assert "entry_evidence" in plan
    assert "Index Cond" in plan
