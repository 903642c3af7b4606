"""What must be computed with is sealed: a reader of the database, or of a backup, cannot use it."""

import threading
from pathlib import Path
from uuid import UUID

import pyotp
import pytest

from store.sealing import KEY, MARK, NotOurs, Seal, kept_seal
from store.settings import BadSetting, deployment
from store.signing_in import SigningIn, WrongCode
from tests.store.test_signing_in import ADDRESS, OFFICE, Door, door, quick_hashes

__all__ = ["door", "quick_hashes"]


def test_what_is_sealed_is_opened_with_the_same_key_for_the_same_row_and_is_never_the_same_twice():
    seal = Seal(bytes(KEY))
    sealed = seal.close("JBSWY3DPEHPK3PXP", "row 1")
    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert sealed != seal.close("JBSWY3DPEHPK3PXP", "row 1")
    assert Seal(bytes(KEY)).open(sealed, "row 1") == "JBSWY3DPEHPK3PXP"
    altered = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]
    for seal_, given, row in ((seal, sealed, "row 2"), (Seal(), sealed, "row 1"), (seal, altered, "row 1")):
        with pytest.raises(NotOurs):
            seal_.open(given, row)
    assert seal.open("JBSWY3DPEHPK3PXP", "row 1") == "JBSWY3DPEHPK3PXP", "kept in clear before there were seals"


def test_the_database_holds_no_key_that_codes_can_be_computed_with(door: Door):
    made = door.account("p-office", OFFICE)
    session = door.enter("p-office").session
    shown = pyotp.parse_uri(door.signing_in.begin_totp(session))
    found = door.do("SELECT totp_pending FROM account")
    assert found[0][0].startswith(MARK)
    assert shown.secret not in found[0][0]
    _, codes, key = door.second(door.enter("p-office"))
    [(kept,)] = door.do("SELECT totp_key FROM account")
    assert kept.startswith(MARK)
    assert key not in kept
    door.do("UPDATE account SET totp_step = 0")
    other = SigningIn(door.signing_in._pool, Seal())
    again = door.enter("p-office")
    with pytest.raises(WrongCode):
        other.with_code(again.token, again.session, pyotp.TOTP(key).now(), **ADDRESS)
    assert other.with_code(again.token, again.session, codes[0], **ADDRESS).session.waits_for is None, "a lost key"
    assert isinstance(made, UUID)


def test_keys_kept_in_clear_before_are_sealed_at_the_next_start_and_go_on(door: Door):
    made = door.account("p-office", OFFICE)
    _, _, key = door.second(door.enter("p-office"))
    door.do("UPDATE account SET totp_key = %s, totp_step = 0", key)
    door.signing_in.seal_all()
    [(kept,)] = door.do("SELECT totp_key FROM account")
    assert kept.startswith(MARK)
    again = door.enter("p-office")
    door.signing_in.with_code(again.token, again.session, pyotp.TOTP(key).now(), **ADDRESS)
    door.signing_in.seal_all()
    assert door.do("SELECT totp_key FROM account WHERE id = %s", made) == [(kept,)]


def test_the_key_is_a_file_made_once_that_nobody_else_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("LIFECYCLE_HOME", str(tmp_path / "home"))
    made: list[Seal] = []
    starting = [threading.Thread(target=lambda: made.append(kept_seal(deployment()))) for _ in range(4)]
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()
    assert len({seal._key for seal in made}) == 1
    file = tmp_path / "home" / "seal.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["seal.key"]
    monkeypatch.setenv("LIFECYCLE_SEAL_KEY_FILE", str(tmp_path / "absent"))
    with pytest.raises(BadSetting, match="LIFECYCLE_SEAL_KEY_FILE"):
        kept_seal(deployment())
    assert not (tmp_path / "absent").exists(), "one that is named is never invented"
    monkeypatch.setenv("LIFECYCLE_SEAL_KEY_FILE", str(file))
    assert kept_seal(deployment())._key == made[0]._key
    for wrong in ("canary", "ab" * 31):
        file.write_text(wrong)
        with pytest.raises(BadSetting) as refused:
            kept_seal(deployment())
        assert wrong not in str(refused.value)
