"""Files over HTTP: uploaded, attached, downloaded by those who may, and shown missing or altered wherever the fact is."""

from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from api.app import create_app
from api.cli.verify import verify_evidence
from api.rest.evidence import FileAltered, checked
from domain.entry import Role
from store.evidence import EvidenceAway, Folder, Limits
from tests import files
from tests.api.conftest import District, P

DIGEST = sha256(files.PDF).hexdigest()
E = f"{P}/evidence"


def upload(
    district: District,
    content: bytes = files.PDF,
    name: str = "进账单.pdf",
    who: str = "clerk",
    declared: str = "application/octet-stream",
) -> Response:
    headers = {"Authorization": f"Bearer {district.tokens[who]}", "Content-Type": declared}
    return district.client.post(f"/evidence?name={quote(name)}", content=content, headers=headers)


def attach(target: int = 4, digest: str = DIGEST, **more: Any) -> dict[str, Any]:
    return {"act": "attach", "target": target, "sha256": digest, "sort": "bank_slip", **more}


def place(district: District, digest: str = DIGEST) -> Path:
    evidence = district.services.evidence
    assert isinstance(evidence, Folder)
    return evidence.incoming.parent / digest[:2] / digest[2:4] / digest


def kept(district: District) -> list[Any]:
    """As the timeline tells it, and the status; they are one."""
    moments = district.get(f"{P}/timeline").json()["timeline"]["moments"]
    told = [file["kept"] for moment in moments for file in moment["evidence"]]
    assert [file["kept"] for file in district.get(P).json()["status"]["evidence"]] == told
    return told


def test_a_file_is_uploaded_attached_shown_and_downloaded(district: District):
    uploaded = upload(district)
    said = {"sha256": DIGEST, "size": len(files.PDF), "media_type": "application/pdf", "name": "进账单.pdf"}
    assert (uploaded.status_code, uploaded.json()) == (201, said)
    done = district.recorded(E, attach(dated="2026-01-12", note="原件"), "clerk")
    moment = district.get(f"{P}/timeline").json()["timeline"]["moments"][-1]
    assert (moment["entry"], moment["evidence"]) == (
        "XM-2026-001#4",
        [said | {"sort": "bank_slip", "dated": "2026-01-12", "note": "原件", "entry": done["entry"], "kept": "present"}],
    )
    answer = district.get(f"/evidence/{DIGEST}")
    assert (answer.status_code, answer.content) == (200, files.PDF)


def test_a_download_is_never_shown_or_run_by_a_browser(district: District):
    upload(district)
    district.recorded(E, attach(name='甲 "乙"; x=\'.pdf'), "clerk")
    headers = district.get(f"/evidence/{DIGEST}").headers
    assert headers["content-type"] == "application/pdf"
    named = quote('甲 "乙"; x=\'.pdf', safe="")
    assert headers["content-disposition"] == f"attachment; filename*=UTF-8''{named}"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["content-length"] == str(len(files.PDF))


def test_before_it_is_attached_only_who_uploaded_a_file_may_read_it(district: District):
    upload(district)
    assert district.get(f"/evidence/{DIGEST}", "clerk").content == files.PDF
    for who in ("office", "reader"):
        assert district.get(f"/evidence/{DIGEST}", who).status_code == 404
    district.recorded(E, attach(), "clerk")
    for who in ("office", "reader"):
        assert district.get(f"/evidence/{DIGEST}", who).content == files.PDF
    district.tokens["stranger"], _ = district.services.accounts.make("p-second", "street-b", "科员", Role.CLERK)
    hidden, absent = (district.get(f"/evidence/{digest}", "stranger") for digest in (DIGEST, "0" * 64))
    assert (hidden.status_code, hidden.text.replace(DIGEST, "0" * 64)) == (404, absent.text)  # its unit has no part in it
    district.recorded(E, {"act": "withdraw", "target": 4, "sha256": DIGEST, "because": "附错"}, "clerk")
    assert district.get(f"/evidence/{DIGEST}", "office").content == files.PDF  # an entry names it, for ever
    assert kept(district) == []


@pytest.mark.parametrize(
    ("content", "name", "declared", "code"),
    [
        (files.PE, "进账单.pdf", "application/pdf", "type_not_taken"),
        (files.ELF, "进账单.pdf", "application/octet-stream", "type_not_taken"),
        (files.MACH_O, "进账单.pdf", "application/pdf", "type_not_taken"),
        (files.SCRIPT, "进账单.pdf", "application/pdf", "type_not_taken"),
        (files.HTML, "进账单.pdf", "application/pdf", "type_not_taken"),
        (files.HTML, "进账单.html", "text/html", "type_not_taken"),
        (files.SVG, "进账单.svg", "image/svg+xml", "type_not_taken"),
        (files.PDF, "进账单.exe", "application/pdf", "name_disagrees"),
        (files.PNG, "进账单.pdf", "image/png", "name_disagrees"),
        (files.PDF, "进账单.pdf", "text/html", "type_disagrees"),
        (files.PDF, "进账单.pdf", "image/png", "type_disagrees"),
        (b"", "进账单.pdf", "application/pdf", "empty_file"),
        (files.PDF, "", "application/pdf", "invalid"),
        (files.PDF, "a\u0000.pdf", "application/pdf", "bad_parameter"),
    ],
)
def test_what_is_not_what_it_says_is_refused_and_nothing_is_kept(
    district: District, content: bytes, name: str, declared: str, code: str
):
    answer = upload(district, content, name, declared=declared)
    assert answer.json()["code"] == code
    assert answer.status_code == (415 if code.startswith("type") else 422)
    assert list(district.services.evidence.all()) == []
    incoming = district.services.evidence.incoming
    assert not incoming.exists() or list(incoming.iterdir()) == []
    digest = sha256(content).hexdigest()
    refused = district.post(E, attach(digest=digest), "clerk")
    assert (refused.status_code, refused.json()["code"]) == (422, "file_not_kept")


def test_why_a_file_is_refused_is_told_in_the_readers_language(district: District):
    headers = {"Authorization": f"Bearer {district.tokens['clerk']}"}
    for language, words in (("zh", "此文件是Windows 程序"), ("en", "this file is a Windows program")):
        answer = district.client.post(
            "/evidence?name=a.pdf", content=files.PE, headers={**headers, "Accept-Language": language}
        )
        assert words in answer.json()["detail"]


@pytest.mark.parametrize("who", ["reader", "administrator"])
def test_who_may_not_attach_may_not_upload(district: District, who: str):
    assert upload(district, who=who).status_code == 403
    assert list(district.services.evidence.all()) == []


def test_attaching_happens_once_and_a_repeat_hears_the_first_answer(district: District):
    upload(district)
    key = {"Idempotency-Key": "k-1"}
    first = district.post(E, attach(), "clerk", **key)
    assert district.post(E, attach(), "clerk", **key).json() == first.json()
    other = district.post(E, attach(note="又一次"), "clerk", **key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    before = district.entries()
    again = district.post(E, attach(), "clerk")
    assert (again.status_code, again.json()["code"]) == (409, "already_attached")
    assert again.json()["errors"][0]["pointer"] == "/sha256"
    assert district.entries() == before


def test_one_file_speaks_for_several_facts_in_one_batch_and_is_kept_once(district: District):
    upload(district)
    upload(district, name="银行回单.pdf", who="office")
    commands = [{"stream": "XM-2026-001", "noun": "evidence", "command": attach(target)} for target in (3, 4)]
    district.recorded("/batches", {"commands": commands})
    shown = district.get(P).json()["status"]["evidence"]
    assert [(f["fact"], f["name"]) for f in shown] == [(f"XM-2026-001#{n}", "银行回单.pdf") for n in (3, 4)]
    assert list(district.services.evidence.all()) == [DIGEST]


def test_a_missing_file_is_found_named_and_shown_until_it_is_uploaded_again(
    district: District, capsys: pytest.CaptureFixture[str]
):
    upload(district)
    done = district.recorded(E, attach(), "clerk")
    assert verify_evidence(district.services) == 0
    place(district).unlink()
    assert kept(district) == ["missing"]
    assert district.get(f"/evidence/{DIGEST}").json()["code"] == "file_missing"
    capsys.readouterr()
    assert verify_evidence(district.services) == 1
    told = capsys.readouterr().err
    assert DIGEST in told
    assert "进账单.pdf" in told
    assert done["entry"] in told
    assert upload(district, who="office").status_code == 201
    assert kept(district) == ["present"]
    assert verify_evidence(district.services) == 0


def test_a_file_altered_at_the_same_length_is_found_by_reading_it(district: District, capsys: pytest.CaptureFixture[str]):
    upload(district)
    done = district.recorded(E, attach(), "clerk")
    file = place(district)
    file.write_bytes(files.PDF.replace(b"1.7", b"1.6"))
    assert kept(district) == ["present"]  # a cheap look sees no more
    assert verify_evidence(district.services) == 1
    told = capsys.readouterr().err
    assert (DIGEST in told, done["entry"] in told, "altered" in told or "被改动" in told) == (True, True, True)
    assert kept(district) == ["altered"]
    upload(district)
    assert file.read_bytes() == files.PDF
    assert kept(district) == ["present"]


def test_a_file_of_another_length_is_seen_at_once(district: District):
    upload(district)
    district.recorded(E, attach(), "clerk")
    with place(district).open("ab") as file:
        file.write(b"x")
    assert kept(district) == ["altered"]
    answer = district.get(f"/evidence/{DIGEST}")
    assert (answer.status_code, answer.json()["code"]) == (409, "file_altered")


def test_an_altered_file_never_goes_out_whole(district: District):
    content = files.PDF + b"x" * 3_000_000
    digest = upload(district, content).json()["sha256"]
    district.recorded(E, attach(digest=digest), "clerk")
    place(district, digest).write_bytes(content[:-1] + b"y")
    received: list[bytes] = []
    with pytest.raises(FileAltered):
        received.extend(checked(district.services, digest))
    assert 0 < len(b"".join(received)) < len(content)
    assert kept(district) == ["altered"]


def test_files_nobody_attached_are_counted_and_wrong_nothing(district: District, capsys: pytest.CaptureFixture[str]):
    upload(district)
    upload(district, files.PNG, "现场.png")
    district.recorded(E, attach(), "clerk")
    assert verify_evidence(district.services) == 0
    last = district.services.uploads.last_verification()
    assert last is not None
    assert (last.files, last.missing, last.altered, last.orphans) == (1, 0, 0, 1)


def test_a_store_that_is_away_leaves_the_questions_answered_and_says_that_it_could_not_look(district: District):
    upload(district)
    district.recorded(E, attach(), "clerk")
    folder = district.services.evidence.incoming.parent
    folder.rename(folder.with_name("away"))
    folder.symlink_to(folder.name)  # leads to itself, for root too
    assert kept(district) == ["unknown"]
    for answer in (upload(district, files.PNG, "现场.png"), district.get(f"/evidence/{DIGEST}")):
        assert (answer.status_code, answer.json()["code"]) == (503, "evidence_away")
    with pytest.raises(EvidenceAway):
        verify_evidence(district.services)


def test_what_is_too_large_is_refused_announced_or_not(district: District):
    district.services.limits = Limits(1_000, 10)
    content = files.PDF + b"x" * 1_000
    announced = upload(district, content)
    assert (announced.status_code, announced.json()["code"]) == (413, "file_too_large")
    headers = {"Authorization": f"Bearer {district.tokens['clerk']}"}
    pieces = (content[at : at + 100] for at in range(0, len(content), 100))
    chunked = district.client.post("/evidence?name=a.pdf", content=pieces, headers=headers)
    assert (chunked.status_code, chunked.json()["code"]) == (413, "file_too_large")
    assert list(district.services.evidence.incoming.iterdir()) == []


def test_the_evidence_of_a_fact_is_told_in_the_return_it_came_in(district: District):
    upload(district)
    district.recorded("/periods", {"occurred_on": "2026-06-01", "code": "2026-01", "deadline": "2026-12-31"})
    jobs = {"project": "XM-2026-001", "noun": "jobs", "command": {"occurred_on": "2026-01-31", "count": 3}}
    returned = {"act": "submit", "occurred_on": "2026-06-02", "lines": [jobs]}
    entries = district.recorded("/periods/2026-01/returns", returned, "clerk")["entries"]
    number = next(int(e.split("#")[1]) for e in entries if e.startswith("XM-2026-001"))
    district.recorded(E, attach(number), "clerk")
    headers = {"Authorization": f"Bearer {district.tokens['clerk']}"}
    draft = {"lines": [{"evidence": [1]}]}  # whatever somebody saved is not taken for files
    assert district.client.put("/periods/2026-01/returns/street-a/draft", json=draft, headers=headers).is_success
    answer = district.get("/periods/2026-01/returns/street-a").json()
    assert [file["kept"] for fact in answer["returned"]["facts"] for file in fact["evidence"]] == ["present"]
    assert answer["draft"]["lines"] == draft["lines"]
    stated = district.get("/periods/2026-01/reconciliation/street-a").json()["reconciliation"]["facts"]
    assert [file["kept"] for fact in stated for file in fact["evidence"]] == ["present"]


def test_the_uploads_of_two_services_over_one_store_are_one(district: District):
    """Another process sees what this one kept."""
    upload(district)
    with TestClient(create_app(district.services)) as other:
        token, _ = district.services.accounts.make("p-other", "street-a", "科员", Role.UNIT)
        headers = {"Authorization": f"Bearer {token}"}
        assert other.post(E, json=attach(), headers=headers).status_code == 201
        assert other.get(f"/evidence/{DIGEST}", headers=headers).content == files.PDF
