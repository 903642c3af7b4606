"""Passwords: which ones are taken, and how they are hashed: Argon2id, at most two at a time in this process."""

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from domain.errors import Refused

HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
"""RFC 9106 §4, the second recommended option: 3 passes over 64 MiB in 4 lanes."""
DECOY = "$argon2id$v=19$m=65536,t=3,p=4$OSzcbYK6NRRLGjX94t5FIg$LOfwcxlsq5vahgW8BjHJvWgWNJxtyGXlMel8JUzDSHg"
"""The hash of 32 random bytes that nobody kept: checked where there is no password, so that it costs the same."""
AT_ONCE = threading.BoundedSemaphore(2)
"""Of the process, for the memory is the process's: two hashes take 128 MiB."""
LINE = threading.BoundedSemaphore(12)
"""Those being computed, and those that wait for their turn; more are sent away at once."""
PATIENCE = 10.0
"""Seconds that one waits for its turn."""
LEAST, MOST = 12, 200
"""Characters; NIST SP 800-63B-4 §3.1.1.2 wants no composition rules, and spaces and every script allowed."""
LEAST_DIFFERENT = 5
COMMONEST = """
password passwort passw administrator admin adminadmin root system manager welcome letmein changeme change default secret
login user guest test testtest master superman batman dragon monkey football baseball princess sunshine shadow iloveyou
trustno qwerty qwertyuiop qwertyuiopasdfghjkl asdfghjkl zxcvbnm qwertyqwerty asdfasdf abc abcd abcdef abcdefg abcdefgh
abcdefghijkl abcdefghijklm qaz qazwsx qazwsxedc qazwsxedcrfv zaq zaqxsw qweasd qweasdzxc qwe asd zxc aabbcc aaa
woaini woaizhongguo zhongguo zhonghua beijing shanghai chongqing guangzhou shenzhen mima wodemima guanliyuan
xiangmu zhongdaxiangmu ceshi nihao haoren dagong gongzuo zhengfu computer internet lifecycle ledger oracle mysql postgres
"""
WORDS = frozenset(COMMONEST.split())
"""The commonest, as they are left when everything but letters is taken away: `Password2024!!` is the first of them."""
PHRASES = frozenset({"correct horse battery staple", "correcthorsebatterystaple", "to be or not to be", "thequickbrownfox"})
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for one another when read from paper."""


class PasswordTooShort(Refused):
    """A password has at least 12 characters (200 at most); a sentence of several words, in any script, serves well."""

    zh = "密码至少 12 个字符（至多 200 个）；可用几个词组成的一句话，中文亦可。"
    sort = "invalid"


class PasswordTooCommon(Refused):
    """This password is among the first that anybody tries; a sentence of several words, in any script, serves well."""

    zh = "此密码属于最易被猜到的一类；可用几个词组成的一句话，中文亦可。"
    sort = "invalid"


class PasswordNamesYou(Refused):
    """A password does not contain the user name or the person's reference."""

    zh = "密码不能包含用户名或人员编号。"
    sort = "invalid"


class TooManySigningIn(Refused):
    """Too many people are signing in just now; try again in a few seconds."""

    zh = "此刻登录的人太多，请几秒后再试。"


def accept(password: str, *names: str) -> str:
    """The password as it is hashed (NFKC). Raises PasswordTooShort, PasswordTooCommon, PasswordNamesYou."""
    password = unicodedata.normalize("NFKC", password)
    if not LEAST <= len(password) <= MOST:
        raise PasswordTooShort(pointer="/new")
    folded = password.casefold()
    letters = "".join(c for c in folded if c.isalpha())
    digits = "".join(c for c in folded if c.isdigit())
    if len(set(folded)) < LEAST_DIFFERENT or folded in PHRASES or letters in WORDS or (not letters and _runs(digits)):
        raise PasswordTooCommon(pointer="/new")
    if any(name.casefold() in folded for name in names if len(name) > 2):
        raise PasswordNamesYou(pointer="/new")
    return password


def hashed(password: str) -> str:
    """Raises TooManySigningIn."""
    with _turn():
        return HASHER.hash(unicodedata.normalize("NFKC", password))


def matches(kept: str | None, password: str) -> bool:
    """Whether it is the one. Where none is kept a hash is computed all the same, so that nobody can tell by the time.

    Raises TooManySigningIn.
    """
    password = unicodedata.normalize("NFKC", password[:MOST])
    with _turn():
        try:
            return HASHER.verify(kept or DECOY, password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(kept: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return HASHER.check_needs_rehash(kept)


def one_time() -> str:
    """Twenty characters in groups of five: 99 bits, easily copied from paper."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(4))


@contextmanager
def _turn() -> Iterator[None]:
    """Raises TooManySigningIn."""
    if not LINE.acquire(blocking=False):
        raise TooManySigningIn
    try:
        if not AT_ONCE.acquire(timeout=PATIENCE):
            raise TooManySigningIn
        try:
            yield
        finally:
            AT_ONCE.release()
    finally:
        LINE.release()


def _runs(digits: str) -> bool:
    """Whether digits only count up or down, or are a short run again and again: 123456789012, 131413141314."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    return len(steps) < 2 or any(digits == (digits[:n] * len(digits))[: len(digits)] for n in range(1, len(digits) // 2 + 1))
