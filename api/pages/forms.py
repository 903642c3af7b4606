"""What a browser sends with a form: read within limits and strictly, and proven to come from a page of ours."""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from urllib.parse import parse_qsl
from uuid import uuid4

from fastapi import Request

from api.access.doors import read_body
from api.access.sessions import WrongFormToken, form_token
from api.access.strict import printable
from domain.errors import Refused

TOKEN, KEY = "form_token", "key"
MOST_FIELDS = 20_000
FORM = "application/x-www-form-urlencoded"


class NotAForm(Refused):
    """This address takes what a form of our own page sends; load the page again and send the form from there."""

    zh = "此地址只接受本系统页面表单提交的内容，请刷新页面后重新提交。"
    sort = "invalid"


class Form:
    """The fields in the order they were sent; line ends are written as one character, outer blanks are taken off."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = fields

    def one(self, name: str) -> str | None:
        """The last value under this name; None where there is none, or nothing was filled in."""
        found = self.all(name)
        return (found[-1] or None) if found else None

    def all(self, name: str) -> list[str]:
        return [value.strip() for key, value in self._fields if key == name]

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self._fields)

    def everything(self) -> list[tuple[str, str]]:
        """Every field as it was sent."""
        return list(self._fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Every field but what proves and numbers the form itself."""
        return ((name, value) for name, value in self._fields if name not in (TOKEN, KEY))

    @property
    def key(self) -> str | None:
        """The same for every sending of one form: what it asks for happens once."""
        return self.one(KEY)


async def read_form(request: Request) -> Form:
    """Raises NotAForm, TooLarge, TooSlow."""
    kind, _, charset = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() != FORM or charset.strip().lower() not in ("", "charset=utf-8"):
        raise NotAForm
    return parsed(await read_body(request))


def parsed(body: bytes) -> Form:
    """Raises NotAForm for what no form of ours sends: other encodings, characters that no record can hold, floods."""
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise NotAForm from None
    fields = [(name, value.replace("\r\n", "\n")) for name, value in fields]
    if not all(printable(name) and printable(value) for name, value in fields):
        raise NotAForm
    return Form(fields)


def new_key() -> str:
    """For a form that is shown anew."""
    return uuid4().hex


def proof(session: str, path: str) -> str:
    """A form token under a pad of its own: one that stays the same could be guessed from how pages compress (BREACH)."""
    plain = _plain(session, path)
    pad = secrets.token_bytes(len(plain))
    return urlsafe_b64encode(pad + bytes(a ^ b for a, b in zip(pad, plain, strict=True))).decode()


def proven(form: Form, session: str, path: str) -> None:
    """Raises WrongFormToken unless the form was made for this session and this address."""
    try:
        given = urlsafe_b64decode((form.one(TOKEN) or "").encode("ascii"))
    except ValueError:
        raise WrongFormToken from None
    half = len(given) // 2
    plain = bytes(a ^ b for a, b in zip(given[:half], given[half:], strict=False))
    if not hmac.compare_digest(plain, _plain(session, path)):
        raise WrongFormToken


def _plain(session: str, path: str) -> bytes:
    return urlsafe_b64decode(form_token(session, "POST", path) + "=")
