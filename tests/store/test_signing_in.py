"""Passwords, second factors and sessions: what opens an account, how often, and for how long."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pyotp
import pytest
from argon2 import PasswordHasher

from domain.entry import Role
from store import passwords
from store.database import Database, as_role, opened
from store.delays import TryLater
from store.holders import HasAnAccount, Holders, Serving, UsernameTaken
from store.passwords import (
    DECOY,
    HASHER,
    PasswordNamesYou,
    PasswordTooCommon,
    PasswordTooShort,
    TooManySigningIn,
    accept,
    hashed,
    outdated,
)
from store.sessions import Opened, digest
from store.signing_in import NoAccount, SamePassword, SigningIn, WrongCode, WrongPassword

CLERK = Serving("street-a", "科员", Role.UNIT)
OFFICE = Serving("office", "科长", Role.OFFICE)
PHRASE = "山高水长 风物长宜放眼量"
FROM: Any = {"address": "203.0.113.7", "agent": "a browser"}
ADDRESS: Any = {"address": "203.0.113.7"}


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters of a moment: what is shown here is not how long a hash takes."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", quick)
    monkeypatch.setattr(passwords, "DECOY", quick.hash("nobody's"))


class Door:
    """Accounts, and the clock: what happened is moved into the past, nothing sleeps."""

    def __init__(self, pools: Database, dsn: str) -> None:
        self.holders = Holders(pools.writing)
        self.signing_in = SigningIn(pools.writing)
        self.sessions = self.signing_in.sessions
        self._dsn = dsn

    def do(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(as_role(self._dsn, "lifecycle_service"), autocommit=True) as connection:
            found = connection.execute(statement.encode(), values)
            return found.fetchall() if found.description else []

    def later(self, minutes: float) -> None:
        for column in ("made_at", "seen_at", "ends_at"):
            self.do(f"UPDATE session SET {column} = {column} - make_interval(secs => %s)", minutes * 60)
        self.do("UPDATE sign_in_delay SET last_at = last_at - make_interval(secs => %s)", minutes * 60)
        self.do("UPDATE account SET password_until = password_until - make_interval(secs => %s)", minutes * 60)

    def account(self, person: str, *posts: Serving, phrase: str = PHRASE) -> UUID:
        """Made, and its password set by its owner."""
        made, _ = self.holders.make(person, person, posts)
        assert self.signing_in.set_password(person, phrase)
        return made

    def enter(self, person: str, phrase: str = PHRASE) -> Opened:
        return self.signing_in.with_password(person, phrase, **FROM)

    def second(self, found: Opened) -> tuple[Opened, list[str], str]:
        """An authenticator set up; the key is told for computing codes."""
        uri = self.signing_in.begin_totp(found.session)
        parsed = pyotp.parse_uri(uri)
        assert isinstance(parsed, pyotp.TOTP)
        self.used = parsed.now()
        codes, renewed = self.signing_in.confirm_totp(found.token, found.session, self.used, **ADDRESS)
        return renewed, codes, parsed.secret


@pytest.fixture
def door(database: str, quick_hashes: None) -> Iterator[Door]:
    with opened(database, size=4) as pools:
        yield Door(pools, database)


def test_hashes_are_argon2id_with_the_parameters_of_rfc_9106_and_the_decoy_costs_the_same():
    kept = hashed(PHRASE)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not outdated(kept)
    assert not HASHER.check_needs_rehash(DECOY)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", PasswordTooShort),
        ("x" * 201, PasswordTooShort),
        ("Password2026!!", PasswordTooCommon),
        ("aaaaaaaaaaaaaa", PasswordTooCommon),
        ("123456789012", PasswordTooCommon),
        ("987654321098", PasswordTooCommon),
        ("131452013145201314520", PasswordTooCommon),
        ("ＺＨＯＮＧＧＵＯ2026", PasswordTooCommon),
        ("p-wang is me again", PasswordNamesYou),
    ],
)
def test_what_anybody_would_try_first_is_no_password(password: str, why: type[Exception]):
    with pytest.raises(why):
        accept(password, "p-wang")


@pytest.mark.parametrize("password", [PHRASE, "lower case only", "93 02 17 48 55 61", "tr0ub4dor&3xx"])
def test_no_character_is_prescribed(password: str):
    assert accept(password, "p-wang")


def test_no_more_than_two_hashes_are_computed_at_once_and_the_line_has_an_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(passwords, "PATIENCE", 0.01)
    assert passwords.AT_ONCE.acquire()
    hashed(PHRASE)
    assert passwords.AT_ONCE.acquire()
    try:
        with pytest.raises(TooManySigningIn):
            hashed(PHRASE)
    finally:
        passwords.AT_ONCE.release(2)
    taken = [passwords.LINE.acquire(blocking=False) for _ in range(12)]
    assert all(taken)
    with pytest.raises(TooManySigningIn):
        hashed(PHRASE)
    passwords.LINE.release(12)
    hashed(PHRASE)


def test_an_unknown_user_costs_a_hash_too_and_hears_the_same(door: Door, monkeypatch: pytest.MonkeyPatch):
    door.account("p-wang", CLERK)
    computed: list[str] = []

    def verify(self: PasswordHasher, kept: str, password: str) -> bool:
        computed.append(kept)
        return real(self, kept, password)

    real = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", verify)
    said = set()
    for name in ("p-wang", "p-nobody"):
        with pytest.raises(WrongPassword) as refused:
            door.enter(name, "not the password")
        said.add(str(refused.value))
    assert len(said) == 1
    assert len(computed) == 2
    assert computed[1] == passwords.DECOY


def test_a_person_has_one_account_and_a_user_name_is_never_given_twice(door: Door):
    made = door.account("p-wang", CLERK)
    with pytest.raises(HasAnAccount):
        door.holders.make("another", "p-wang", [CLERK])
    with pytest.raises(UsernameTaken):
        door.holders.make("p-wang", "p-li", [CLERK])
    assert door.holders.close(made)
    with pytest.raises(UsernameTaken):
        door.holders.make("p-wang", "p-wang", [CLERK])
    door.holders.make("wang", "p-wang", [CLERK])


def test_a_one_time_password_opens_nothing_but_its_own_change_and_not_for_ever(door: Door):
    _, once = door.holders.make("p-wang", "p-wang", [CLERK])
    _, late = door.holders.make("p-li", "p-li", [CLERK])
    assert once
    assert late
    first = door.enter("p-wang", once)
    assert first.session.waits_for == "password"
    other = door.enter("p-wang", once)
    with pytest.raises(SamePassword):
        door.signing_in.change_password(first.token, first.session, once, once, **ADDRESS)
    changed = door.signing_in.change_password(first.token, first.session, once, PHRASE, **ADDRESS)
    assert changed.session.waits_for is None
    assert changed.session.id == first.session.id
    assert [door.sessions.find(t) for t in (first.token, other.token)] == [None, None]
    with pytest.raises(WrongPassword):
        door.enter("p-wang", once)
    assert door.enter("p-wang").session.actor().signed_in == "password"
    door.later(8 * 24 * 60)
    with pytest.raises(WrongPassword):
        door.enter("p-li", late)


def test_an_old_hash_is_made_anew_when_its_password_is_given(door: Door):
    door.account("p-wang", CLERK)
    weak = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PHRASE)
    door.do("UPDATE account SET password = %s", weak)
    door.enter("p-wang")
    [(kept,)] = door.do("SELECT password FROM account")
    assert not outdated(kept)
    door.enter("p-wang")


def test_delays_grow_with_failures_and_decay_and_the_right_password_then_works(door: Door):
    door.account("p-wang", CLERK)
    waits: list[int] = []
    for failures in range(9):
        with pytest.raises(WrongPassword):
            door.enter("p-wang", "not the password")
        if failures > 5:
            with pytest.raises(TryLater) as later:
                door.enter("p-wang")
            waits.append(later.value.retry_after)
        door.later(failures / 60)
        if failures > 2:
            door.later(2 ** (failures - 3) / 60)
    for wait, expected in zip(waits, (8, 16, 32), strict=True):
        assert expected - 5 < wait <= expected
    assert door.enter("p-wang")
    assert door.do("SELECT key FROM sign_in_delay WHERE key LIKE 'account:%%'") == []


def test_a_day_of_failures_is_forgotten_by_halves_and_never_waits_longer_than_five_minutes(door: Door):
    door.account("p-wang", CLERK)
    with pytest.raises(WrongPassword):
        door.enter("p-wang", "not the password")
    door.do("UPDATE sign_in_delay SET heat = 1000 WHERE key LIKE 'account:%%'")
    with pytest.raises(TryLater) as later:
        door.enter("p-wang")
    assert later.value.retry_after == 300
    door.later(5)
    assert door.enter("p-wang")
    with pytest.raises(WrongPassword):
        door.enter("p-wang", "not the password")
    door.do("UPDATE sign_in_delay SET heat = 12 WHERE key LIKE 'account:%%'")
    door.later(30)
    with pytest.raises(WrongPassword):
        door.enter("p-wang", "not the password")
    [(heat,)] = door.do("SELECT heat FROM sign_in_delay WHERE key LIKE 'account:%%'")
    assert 6.9 < heat < 7.1


def test_an_address_that_tries_many_names_waits_too_and_others_do_not(door: Door):
    door.account("p-wang", CLERK)
    with pytest.raises(WrongPassword):
        door.signing_in.with_password("p-1", "not the password", address="2001:db8:1:2::3", agent="")
    door.do("UPDATE sign_in_delay SET heat = 25 WHERE key = 'address:2001:db8:1:2::'")
    with pytest.raises(TryLater):
        door.signing_in.with_password("p-wang", PHRASE, address="2001:db8:1:2:ffff::9", agent="")
    assert door.enter("p-wang")


def test_names_that_were_tried_are_kept_as_hashes(door: Door):
    with pytest.raises(WrongPassword):
        door.enter("my-password-in-the-wrong-field")
    assert "my-password" not in str(door.do("SELECT key FROM sign_in_delay"))


def test_who_approves_needs_an_authenticator_and_a_code_is_used_once(door: Door):
    door.account("p-office", OFFICE)
    first = door.enter("p-office")
    assert first.session.waits_for == "totp"
    whole, codes, key = door.second(first)
    assert (whole.session.waits_for, whole.session.signed_in) == (None, "password+totp")
    assert door.sessions.find(first.token) is None
    again = door.enter("p-office")
    assert again.session.waits_for == "code"
    for wrong in (door.used, "000000", "１２３４５６"):
        with pytest.raises(WrongCode):
            door.signing_in.with_code(again.token, again.session, wrong, **ADDRESS)
    door.do("UPDATE account SET totp_step = totp_step - 2")
    code = pyotp.TOTP(key).now()
    done = door.signing_in.with_code(again.token, again.session, code, **ADDRESS)
    assert done.session.actor().signed_in == "password+totp"
    third = door.enter("p-office")
    with pytest.raises(WrongCode):
        door.signing_in.with_code(third.token, third.session, code, **ADDRESS)
    saved = door.signing_in.with_code(third.token, third.session, codes[0].upper(), **ADDRESS)
    assert saved.session.signed_in == "password+recovery"
    fourth = door.enter("p-office")
    with pytest.raises(WrongCode):
        door.signing_in.with_code(fourth.token, fourth.session, codes[0], **ADDRESS)
    assert not any(code.replace("-", "") in str(door.do("SELECT hash::text FROM recovery_code")) for code in codes)


def test_guessed_codes_have_to_wait_whatever_password_was_right(door: Door):
    door.account("p-office", OFFICE)
    door.second(door.enter("p-office"))
    found = door.enter("p-office")
    for _ in range(4):
        with pytest.raises(WrongCode):
            door.signing_in.with_code(found.token, found.session, "000000", **ADDRESS)
    found = door.enter("p-office")
    with pytest.raises(TryLater):
        door.signing_in.with_code(found.token, found.session, "000000", **ADDRESS)


def test_a_session_ends_when_idle_for_half_an_hour(door: Door):
    door.account("p-wang", CLERK)
    token = door.enter("p-wang").token
    door.later(29)
    assert door.sessions.find(token)
    door.later(29)
    assert door.sessions.find(token)
    door.later(31)
    assert door.sessions.find(token) is None
    assert door.sessions.renew(token) is None


def test_a_session_ends_after_twelve_hours_however_busy(door: Door):
    door.account("p-wang", CLERK)
    token = door.enter("p-wang").token
    door.do("UPDATE session SET made_at = made_at - interval '11 h', ends_at = ends_at - interval '11 h'")
    door.later(29)
    assert door.sessions.find(token)
    renewed = door.sessions.renew(token)
    assert renewed is not None
    door.later(29)
    assert door.sessions.find(renewed.token)
    door.later(3)
    assert door.sessions.find(renewed.token) is None


def test_a_session_that_waits_for_a_code_does_not_wait_long(door: Door):
    door.account("p-office", OFFICE)
    token = door.enter("p-office").token
    door.later(20)
    assert door.sessions.find(token)
    door.later(11)
    assert door.sessions.find(token) is None


def test_sessions_are_kept_as_hashes_and_end_with_the_account_the_post_or_the_password(door: Door):
    account = door.account("p-wang", CLERK)
    extra = door.holders.serve(account, Serving("street-b", "副科长", Role.UNIT))
    token = door.enter("p-wang").token
    assert door.do("SELECT hash FROM session") == [(digest(token),)]
    moved = door.signing_in.act_in(token, door.enter("p-wang").session, extra)
    assert (moved.session.unit, door.sessions.find(token)) == ("street-b", None)
    assert [s.unit for s in door.sessions.of(account)] == ["street-b", "street-a"]
    assert door.holders.leave(account, extra)
    assert door.sessions.find(moved.token) is None
    before = door.enter("p-wang").token
    once = door.holders.reset(account, totp=False)
    assert door.sessions.find(before) is None
    assert once
    before = door.enter("p-wang", once).token
    assert door.holders.close(account)
    assert door.sessions.find(before) is None
    with pytest.raises(WrongPassword):
        door.enter("p-wang", once)


def test_the_single_sign_on_opens_only_what_is_there(door: Door):
    door.holders.make("p-office", "p-office", [OFFICE], subject="s-1", password=False)
    with pytest.raises(NoAccount):
        door.signing_in.with_subject("https://sso.example", "s-2", agent="")
    with pytest.raises(WrongPassword):
        door.enter("p-office", "")
    found = door.signing_in.with_subject("https://sso.example", "s-1", agent="").session
    assert (found.signed_in, found.waits_for) == ("oidc:https://sso.example", None)


def test_the_first_administrator_has_to_choose_a_password(door: Door):
    told: list[tuple[str, str]] = []
    with pytest.raises(OSError, match="disk full"):
        door.holders.first(_full)
    assert door.holders.all() == []
    assert door.holders.first(lambda name, once: told.append((name, once)))
    assert not door.holders.first(_full)
    assert door.holders.first_unchanged()
    found = door.enter(*told[0])
    assert found.session.waits_for == "password"
    door.signing_in.change_password(found.token, found.session, told[0][1], PHRASE, **ADDRESS)
    assert not door.holders.first_unchanged()


def _full(name: str, once: str) -> None:
    raise OSError("disk full")


@pytest.mark.parametrize("table", ["account", "session", "recovery_code", "sign_on", "sign_in_delay"])
def test_nobody_but_the_service_sees_accounts(database: str, table: str):
    for role in ("lifecycle_projector", "lifecycle_reader"):
        with (
            psycopg.connect(as_role(database, role)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(f"TABLE {table}".encode())
