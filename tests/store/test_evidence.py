"""Files of evidence: one interface, kept in a folder or in S3-compatible storage; the same promises of both."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from store.backup import Source, take
from store.evidence import Arriving, Evidence, EvidenceAway, FileMissing, FileTooLarge, Folder, forget, opened
from store.manifest import MANIFEST, damages, evidence_part
from store.restore import put_evidence
from store.settings import BadSetting, Deployment, deployment
from tests.s3 import free_port, serving
from tests.store.test_backup import programs


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with serving() as endpoint:
        yield endpoint


def in_bucket(endpoint: str, home: Path, where: str) -> Evidence:
    bare = Deployment(home, 1, "127.0.0.1", None, None, evidence=where, s3_endpoint=endpoint)
    return opened(replace(bare, s3_access_key="key", s3_secret_key="secret"))


@pytest.fixture(params=["folder", "s3"])
def evidence(request: pytest.FixtureRequest, tmp_path: Path) -> Evidence:
    if request.param == "folder":
        return Folder(tmp_path / "evidence")
    endpoint = request.getfixturevalue("s3")
    return in_bucket(endpoint, tmp_path, f"s3://evidence/{tmp_path.name}/佐证")


def put(evidence: Evidence, content: bytes, anew: bool = False) -> str:
    with Arriving(evidence.incoming, 10**9) as arriving:
        for at in range(0, len(content), 100_000):
            arriving.write(content[at : at + 100_000])
        digest = arriving.finish()
        evidence.put(arriving.path, digest, anew=anew)
    assert list(evidence.incoming.iterdir()) == []
    return digest


def test_what_was_put_is_read_again_byte_for_byte_and_counted(evidence: Evidence):
    contents = [b"", b"one", os.urandom(12_000_000)]
    digests = [put(evidence, content) for content in contents]
    assert digests == [sha256(content).hexdigest() for content in contents]
    assert [b"".join(evidence.open(digest)) for digest in digests] == contents
    assert evidence.sizes([*digests, "0" * 64]) == {d: len(c) for d, c in zip(digests, contents, strict=True)}
    assert sorted(evidence.all()) == sorted(digests)
    assert max(len(piece) for piece in evidence.open(digests[2])) < 4_000_000


def test_a_backup_checks_files_while_it_copies_them_and_a_restore_puts_them_into_either_store(
    evidence: Evidence, database: str, tmp_path: Path
):
    whole, gone, changed = (put(evidence, content) for content in (b"whole" * 1_000_000, b"gone", b"changed"))
    with psycopg.connect(database, options="-c search_path=district") as connection:
        for digest in (whole, gone[::-1], changed):
            values = (digest, f"{digest[:4]}.pdf")
            connection.execute("INSERT INTO upload VALUES (%s, 'p-wang', 'office', %s, 'application/pdf', 5)", values)
    (tmp_path / "altered").write_bytes(b"CHANGED")
    evidence.put(tmp_path / "altered", changed, anew=True)
    taken = take(Source(database, "district", programs(database), evidence, {}), tmp_path / "to")
    wrong = {file.sha256: (file.state, file.name) for file in taken.manifest.wrong}
    assert wrong == {
        gone[::-1]: ("missing", f"{gone[::-1][:4]}.pdf"),
        changed: ("altered", f"{changed[:4]}.pdf"),
    }
    parts = list(taken.manifest.evidence())
    assert [part.name for part in parts] == [evidence_part(whole)]
    assert damages(taken.folder, taken.manifest.parts) == []

    (tmp_path / "altered").write_bytes(b"other" * 1_000_000)
    evidence.put(tmp_path / "altered", whole, anew=True)
    assert put_evidence(evidence, taken.folder, parts) == []
    assert b"".join(evidence.open(whole)) == b"whole" * 1_000_000
    (taken.folder / parts[0].name).write_bytes(b"other" * 1_000_000)
    evidence.put(taken.folder / MANIFEST, whole, anew=True)
    assert put_evidence(evidence, taken.folder, parts) == [(parts[0].name, "altered")]
    assert list(evidence.incoming.iterdir()) == []


def test_what_is_not_there_is_missing(evidence: Evidence):
    with pytest.raises(FileMissing, match="0000"):
        list(evidence.open("0" * 64))
    assert evidence.sizes(["0" * 64]) == {}


def test_the_same_content_is_kept_once_and_put_anew_only_when_told(tmp_path: Path):
    folder = Folder(tmp_path)
    digest = put(folder, b"one")
    place = tmp_path / digest[:2] / digest[2:4] / digest
    before = place.stat()
    assert put(folder, b"one") == digest
    assert place.stat().st_ino == before.st_ino
    place.write_bytes(b"two")
    put(folder, b"one")
    assert place.read_bytes() == b"two"
    put(folder, b"one", anew=True)
    assert place.read_bytes() == b"one"
    place.write_bytes(b"longer than one")
    put(folder, b"one")
    assert place.read_bytes() == b"one"


def test_a_folder_is_its_owners_alone(tmp_path: Path):
    folder = Folder(tmp_path / "evidence")
    put(folder, b"one")
    modes = {path.is_dir(): oct(path.stat().st_mode & 0o777) for path in (tmp_path / "evidence").rglob("*")}
    assert modes == {True: "0o700", False: "0o600"}
    assert oct((tmp_path / "evidence").stat().st_mode & 0o777) == "0o700"


def test_what_is_too_large_is_refused_while_it_comes_and_leaves_nothing(tmp_path: Path):
    with Arriving(tmp_path, 1_000) as arriving:
        arriving.write(b"x" * 1_000)
        with pytest.raises(FileTooLarge):
            arriving.write(b"x")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_forgotten_after_a_day(tmp_path: Path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch()
    new.touch()
    os.utime(old, (1, 1))
    assert forget(tmp_path) == 1
    assert list(tmp_path.iterdir()) == [new]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(EvidenceAway):
        Arriving(tmp_path / "file" / "incoming", 10)


def test_storage_that_is_away_is_told_in_seconds(tmp_path: Path):
    away = in_bucket(f"http://127.0.0.1:{free_port()}", tmp_path, "s3://evidence")
    begun = time.monotonic()
    with pytest.raises(EvidenceAway):
        away.sizes(["0" * 64])
    assert time.monotonic() - begun < 10


def test_a_bucket_that_does_not_exist_is_not_taken_for_an_empty_one(s3: str, tmp_path: Path):
    wrong = in_bucket(s3, tmp_path, "s3://nowhere")
    with pytest.raises((EvidenceAway, FileMissing)):
        put(wrong, b"one")


@pytest.mark.parametrize("where", ["s3://", "s3://key:secret@bucket", "ftp://host/x", "s3://bucket?x=1"])
def test_a_place_that_cannot_be_is_told_without_its_secrets(tmp_path: Path, where: str):
    with pytest.raises(BadSetting) as told:
        in_bucket("http://127.0.0.1:9", tmp_path, where)
    assert "secret" not in str(told.value)


def test_the_environment_says_where_how_much_and_how_long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("LIFECYCLE_HOME", str(tmp_path))
    assert opened(deployment()).incoming == tmp_path / "evidence" / "incoming"
    (tmp_path / "key").write_text("key\n")
    monkeypatch.setenv("LIFECYCLE_EVIDENCE", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("LIFECYCLE_EVIDENCE_BYTES", "1000")
    monkeypatch.setenv("LIFECYCLE_S3_ACCESS_KEY_FILE", str(tmp_path / "key"))
    found = deployment()
    assert opened(found).incoming == tmp_path / "elsewhere" / "incoming"
    assert (found.evidence_bytes, found.evidence_seconds, found.s3_access_key) == (1_000, 1_800, "key")
    assert "'key'" not in repr(found)
    monkeypatch.setenv("LIFECYCLE_EVIDENCE_BYTES", "much")
    with pytest.raises(BadSetting, match="LIFECYCLE_EVIDENCE_BYTES"):
        deployment()


def test_without_s3_nothing_of_its_library_is_imported():
    code = "import sys, api.app; sys.exit('obstore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": os.getcwd()}).returncode == 0
