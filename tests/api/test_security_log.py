"""The security log tells who signed in, who was refused, what was granted and taken, and never a secret."""

import io
import json
import logging
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from fastapi.routing import APIRoute

from api.access.doors import Guarded
from api.access.sessions import COOKIE
from api.app import create_app
from api.cli import main
from domain.command import Action
from domain.entry import SHANGHAI
from store import passwords, security_log
from store.security_log import EACH, Days, Noted, SecurityLog, opened, to_stdout
from store.settings import BadSetting, deployment
from tests.api.conftest import District, P
from tests.api.test_signing_in_api import JOBS, ORIGIN, PHRASE, Browser, account, signed_in

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=SHANGHAI)
FIELDS = {"v", "at", *(f.name for f in fields(Noted))}


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", quick)
    monkeypatch.setattr(passwords, "DECOY", quick.hash("nobody's"))


@pytest.fixture
def written(district: District) -> list[dict[str, Any]]:
    """What the log is told from now on."""
    lines: list[dict[str, Any]] = []
    district.services.security = SecurityLog(lambda line, _: lines.append(json.loads(line)))
    return lines


def brief(line: dict[str, Any]) -> tuple[Any, ...]:
    return line["event"], line["what"], line["outcome"], line["code"], line["person"]


def test_signing_in_well_and_badly_is_told_with_who_and_how(district: District, written: list[dict[str, Any]]):
    made, once = account(district, "p-office", "office")
    browser = Browser(district)
    browser.sign_in("p-office", "wrong password")
    browser.sign_in("a password typed as a name", "x")
    browser.sign_in("p-office", once)
    browser.send("POST", f"/accounts/{made}/password", {"old": once, "new": PHRASE})
    totp = pyotp.parse_uri(browser.send("POST", f"/accounts/{made}/totp", {}).json()["uri"])
    assert isinstance(totp, pyotp.TOTP)
    browser.send("POST", f"/accounts/{made}/totp", {"code": totp.now()})
    again = Browser(district)
    again.sign_in("p-office")
    again.send("POST", "/session/code", {"code": "000000"})
    again.send("DELETE", "/session")
    assert [brief(line) for line in written] == [
        ("grant", "make_account", "done", None, "administrator"),
        ("sign_in", "sign_in", "refused", "wrong_password", None),
        ("sign_in", "sign_in", "refused", "wrong_password", None),
        ("sign_in", "sign_in", "done", None, "p-office"),
        ("grant", "change_password", "done", None, "p-office"),
        ("grant", "set_up_totp", "done", None, "p-office"),
        ("grant", "set_up_totp", "done", None, "p-office"),
        ("sign_in", "sign_in", "done", None, "p-office"),
        ("sign_in", "give_code", "refused", "wrong_code", "p-office"),
        ("grant", "sign_out", "done", None, "p-office"),
    ]
    assert all(set(line) == FIELDS for line in written), "one schema for all"
    assert [line["account"] for line in written[1:4]] == [made, None, made], "whose account was tried; names are not kept"
    assert written[3]["about"]["waits_for"] == "password"
    assert written[7]["about"]["waits_for"] == "code"
    assert written[0]["about"] == {"account": made, "person": "p-office", "posts": [{"unit": "office", "role": "office"}]}
    assert {line["address"] for line in written} == {"testclient"}
    assert all(datetime.fromisoformat(line["at"]).utcoffset() == timedelta(hours=8) for line in written)


def test_refusals_are_told_with_who_what_and_which(district: District, written: list[dict[str, Any]]):
    browser = signed_in(district, "p-reader", "reader")
    written.clear()
    district.client.get("/projects")
    district.post(f"{P}/verdicts", {}, "reader")
    district.get("/streams/unit:street-z/entries", "clerk")
    browser.send("POST", f"{P}/jobs", JOBS, Origin="https://evil.example")
    browser.send("POST", f"{P}/jobs", JOBS, X_Form_Token="x")
    district.get("/nowhere")
    district.post(f"{P}/jobs", {"count": "not a number"})
    told = [(*brief(line), line["status"], line["object"]) for line in written]
    assert told == [
        ("refusal", "list_projects", "refused", "not_signed_in", None, 401, None),
        ("refusal", "record_project_verdicts", "refused", "not_permitted", "p-reader", 403, "XM-2026-001"),
        ("refusal", "stream_entries", "refused", "not_found", "p-clerk", 404, "unit:street-z"),
        ("refusal", "record_project_jobs", "refused", "cross_site", "p-reader", 403, "XM-2026-001"),
        ("refusal", "record_project_jobs", "refused", "wrong_form_token", "p-reader", 403, "XM-2026-001"),
    ]
    metrics = district.client.get("/metrics").text
    assert 'lifecycle_refused_total{status="403",code="cross_site"} 1' in metrics
    assert 'lifecycle_refused_total{status="404",code="no_such_address"} 1' in metrics
    assert 'lifecycle_security_events_total{event="refusal",outcome="refused"} 5' in metrics
    assert "lifecycle_security_log_lost_total 0" in metrics


def test_grants_and_what_is_taken_in_bulk_are_told(district: District, written: list[dict[str, Any]]):
    wanted = {"person": "p-clerk", "unit": "street-a", "post": "接口", "role": "unit", "scopes": ["figures"]}
    token = district.post("/tokens", wanted, "administrator").json()["id"]
    headers = {"Authorization": f"Bearer {district.tokens['administrator']}"}
    district.client.delete(f"/tokens/{token}", headers=headers)
    district.get("/feed", "reader")
    district.get("/feed?after=1000000", "reader")
    district.get(f"{P}/entries", "clerk")
    district.get("/units/street-a/record", "clerk")
    district.get(P, "clerk")
    assert [brief(line) for line in written] == [
        ("grant", "make_token", "done", None, "administrator"),
        ("grant", "revoke_token", "done", None, "administrator"),
        ("export", "feed", "done", None, "p-reader"),
        ("export", "project_entries", "done", None, "p-clerk"),
        ("export", "unit_record", "done", None, "p-clerk"),
    ], "an empty page of the feed took nothing, and one project's status is no export"
    about = written[0]["about"]
    assert (about["token"], about["role"], about["scopes"], about["person"]) == (token, "unit", ["figures"], "p-clerk")
    assert written[1]["object"] == token
    assert written[2]["about"]["entries"] > 5
    assert written[3]["signed_in"].startswith("token:")


def test_what_is_refused_on_a_page_is_told_as_well_as_what_the_page_asks_for(
    district: District, written: list[dict[str, Any]]
):
    browser = signed_in(district)
    written.clear()
    form = {"Origin": "https://evil.example", "Cookie": f"{COOKIE}={browser.cookie}"}
    assert district.client.post("/pages/sign-out", data={"form_token": "x"}, headers=form).status_code == 403
    own = form | {"Origin": ORIGIN}
    assert district.client.post("/pages/sign-out", data={"form_token": "x"}, headers=own).status_code == 403
    given = {"username": "p-clerk", "password": "canary-7f3a"}
    assert district.client.post("/pages/sign-in", data=given, headers={"Origin": ORIGIN}).status_code == 401
    assert [(line["event"], line["code"], line["status"], line["door"], line["person"]) for line in written] == [
        ("refusal", "cross_site", 403, "page", "p-clerk"),
        ("refusal", "wrong_form_token", 403, "page", "p-clerk"),
        ("sign_in", "wrong_password", 401, "page", None),
    ]
    assert "canary" not in json.dumps(written)


def test_every_route_that_changes_access_or_hands_out_entries_in_bulk_is_told(district: District):
    routes = [r for r in create_app(district.services).routes if isinstance(r, Guarded)]
    asked = [r for r in routes if r.include_in_schema]  # pages ask these in their reader's name
    changing = [r for r in asked if r.methods and not r.methods <= {"GET", "HEAD"}]
    access = [r for r in changing if r.action in ("public", "session") or Action.TOKENS in r.actions]
    assert len(access) > 12
    assert [r.path for r in access if r.noted is None] == []
    taking = ("/entries", "/record", "/replay", "/feed", "/evidence/{sha256}")
    bulk = [r for r in asked if isinstance(r, APIRoute) and "GET" in (r.methods or ()) and r.path.endswith(taking)]
    assert len(bulk) == 8
    assert {r.noted for r in bulk} == {"export"}


def test_no_secret_is_ever_in_it(district: District, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """Canaries sent in every place where somebody could put a secret, and the secrets that were really used."""
    caplog.set_level(logging.DEBUG)
    district.services.security = SecurityLog(Days(tmp_path / "log", 10))
    made, once = account(district, "p-office", "office")
    browser = Browser(district)
    secrets = [once, PHRASE, "canary-7f3a", *district.tokens.values()]
    browser.sign_in("canary-7f3a", "canary-7f3a")
    browser.sign_in("p-office", "canary-7f3a")
    browser.sign_in("p-office", once)
    browser.send("POST", f"/accounts/{made}/password", {"old": once, "new": PHRASE})
    totp = pyotp.parse_uri(browser.send("POST", f"/accounts/{made}/totp", {}).json()["uri"])
    assert isinstance(totp, pyotp.TOTP)
    used = totp.now()
    codes = browser.send("POST", f"/accounts/{made}/totp", {"code": used}).json()["recovery_codes"]
    browser.send("POST", "/session/code", {"code": "canary-7f3a"})
    browser.send("GET", "/projects?token=canary-7f3a")
    browser.send("GET", f"{P}/entries", X_Form_Token="canary-7f3a")
    browser.send("POST", f"{P}/jobs", JOBS, X_Form_Token="canary-7f3a")
    district.client.get("/projects", headers={"Authorization": "Bearer canary-7f3a", "User-Agent": "canary-7f3a"})
    office = {"Authorization": f"Bearer {district.tokens['office']}"}
    for token in (district.tokens["office"], browser.cookie, "canary 7f3a"):
        assert district.client.get(f"/streams/{token}/entries", headers=office).status_code == 404
    secret = district.post(
        "/tokens", {"person": "p-clerk", "unit": "street-a", "post": "canary-7f3a", "role": "unit"}, "administrator"
    ).json()["token"]
    reset = district.post(f"/accounts/{made}/resets", {"totp": True}, "administrator").json()["one_time_password"]
    said = "".join(path.read_text() for path in (tmp_path / "log").iterdir())
    assert said.count("\n") > 12
    assert '"object": "?"' in said
    ours = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
    for known in [*secrets, used, totp.secret, *codes, secret, reset, *browser.seen, "canary 7f3a"]:
        assert known, "a canary that was never alive proves nothing"
        assert known not in said
        assert known not in ours


def refused(n: int, address: str = "10.0.0.1") -> Noted:
    return Noted("refusal", "list_projects", "refused", 401, "not_signed_in", address=address, person=f"p-{n}")


def test_a_flood_of_refusals_is_counted_not_written_out(tmp_path: Path):
    lines: list[dict[str, Any]] = []
    clock = [NOON]
    log = SecurityLog(lambda line, _: lines.append(json.loads(line)), now=lambda: clock[0])
    for n in range(1_000):
        log.note(refused(n))
    log.note(refused(0, "10.0.0.2"))
    for _ in range(30):
        log.note(Noted("grant", "make_token", address="10.0.0.1"))
    assert len(lines) == EACH + 1 + 30, "another address and what was done are never held back"
    clock[0] += timedelta(minutes=1)
    log.note(refused(0))
    assert (lines[-2]["times"], lines[-2]["person"], lines[-2]["address"]) == (1_000 - EACH, None, "10.0.0.1")
    assert (lines[-1]["times"], lines[-1]["person"]) == (1, "p-0")
    assert log.counts["refusal", "refused"] == 1_002
    for n in range(security_log.KINDS + 5 * EACH):
        log.note(refused(n, f"10.{n // 65_536}.{n // 256 % 256}.{n % 256}"))
    log.close()
    assert (lines[-1]["what"], lines[-1]["address"]) == ("others", None)
    assert len(lines) < security_log.KINDS + 3 * EACH + 60


def test_a_file_for_each_day_readable_by_its_owner_only_is_kept_for_as_many_days_as_are_set(tmp_path: Path):
    folder = tmp_path / "security"
    clock = [NOON]
    here, there = (SecurityLog(Days(folder, 3), now=lambda: clock[0]) for _ in range(2))
    (folder).mkdir()
    (folder / "notes.txt").write_text("not ours")
    for _ in range(6):
        here.note(Noted("grant", "here"))
        there.note(Noted("grant", "there"))
        clock[0] += timedelta(days=1)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["notes.txt", *(f"security-2026-{day}.jsonl" for day in ("11-28", "11-29", "11-30", "12-01"))]
    kept = (folder / "security-2026-12-01.jsonl").read_text().splitlines()
    assert [json.loads(line)["what"] for line in kept] == ["here", "there"]
    assert (folder / names[1]).stat().st_mode & 0o777 == 0o600
    here.close()
    there.close()


def test_a_log_that_cannot_be_written_holds_nobody_up_and_is_counted_and_said(
    district: District, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    district.services.security = log = SecurityLog(Days(blocked / "log", 3))
    for _ in range(3):
        assert district.get("/feed").status_code == 200
    assert log.lost == 3
    assert "lifecycle_security_log_lost_total 3" in district.client.get("/metrics").text
    assert caplog.text.count("the security log cannot be written") == 1


def test_half_a_line_left_by_a_full_disk_or_a_kill_does_not_spoil_the_next(tmp_path: Path):
    (tmp_path / "security-2026-11-26.jsonl").write_text('{"v": 1, "at"')
    log = SecurityLog(Days(tmp_path, 3), now=lambda: NOON)
    log.note(Noted("grant", "whole"))
    log.close()
    assert json.loads((tmp_path / "security-2026-11-26.jsonl").read_text().splitlines()[-1])["what"] == "whole"


def test_where_it_goes_and_for_how_long_are_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("LIFECYCLE_HOME", str(tmp_path))
    with pytest.MonkeyPatch.context() as there:
        there.setenv("LIFECYCLE_SECURITY_LOG", "-")
        opened(deployment()).note(Noted("grant", "make_token"))
    assert json.loads(capsys.readouterr().out)["what"] == "make_token"
    assert SecurityLog(to_stdout).lost == 0
    log = opened(deployment())
    log.note(Noted("grant", "make_token"))
    log.close()
    assert len(list((tmp_path / "security").iterdir())) == 1
    monkeypatch.setenv("LIFECYCLE_SECURITY_LOG_DAYS", "0")
    with pytest.raises(BadSetting, match="LIFECYCLE_SECURITY_LOG_DAYS"):
        deployment()


def test_what_is_done_at_the_machine_is_told_too(
    monkeypatch: pytest.MonkeyPatch, district: District, database: str, tmp_path: Path
):
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", database)
    monkeypatch.setenv("LIFECYCLE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO(PHRASE + "\n"))
    account(district, "p-clerk", "unit", "street-a")
    assert main(["account", "password", "--username", "p-clerk"]) == 0
    assert main(["token", "add", "--person", "p-clerk", "--unit", "street-a", "--post", "x", "--role", "unit"]) == 0
    assert main(["replay", "XM-2026-001"]) == 0
    [file] = (tmp_path / "security").iterdir()
    told = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["what"], line["door"]) for line in told] == [
        ("account password", "cli"),
        ("token add", "cli"),
        ("replay", "cli"),
    ]
    assert (told[2]["event"], told[2]["about"]["project"], told[2]["about"]["entries"]) == ("export", "XM-2026-001", 4)
    assert told[0]["about"]["username"] == "p-clerk"
    assert all(line["about"]["login"] for line in told)
    assert PHRASE not in file.read_text()


def test_the_document_tells_every_field():
    told = Path("docs/security.md").read_text(encoding="utf-8")
    assert [name for name in sorted(FIELDS) if f"`{name}`" not in told] == []


def test_auditors_and_administrators_are_told_what_was_taken_newest_first(district: District, tmp_path: Path):
    assert district.get("/exports", "administrator").json()["kept"] is False
    district.services.security = SecurityLog(Days(tmp_path, 10))
    district.get("/feed")
    district.get("/streams/district/entries", "clerk")
    district.get(f"{P}/entries?limit=3", "clerk")
    (tmp_path / "security-2026-01-01.jsonl").write_bytes(b'{"v": 1, "event": "export", "at": "2026-0')
    told = district.get("/exports?limit=2", "administrator").json()
    assert [(e["what"], e["object"], e["person"]) for e in told["exports"]] == [
        ("project_entries", "XM-2026-001", "p-clerk"),
        ("stream_entries", "district", "p-clerk"),
    ]
    assert told["exports"][0]["about"] == {"entries": 3}
    assert told["names"]["persons"]["p-clerk"] == "姓名p-clerk"
    every = district.get("/exports", "administrator").json()["exports"]
    assert [e["what"] for e in every] == ["project_entries", "stream_entries", "feed"]
    assert district.get("/exports").status_code == 403
    district.services.security.close()
