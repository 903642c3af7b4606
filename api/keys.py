"""The Idempotency-Key: the same request under the same key happens once, and a repeat hears the first answer."""

import json
from collections.abc import Sequence
from functools import reduce
from operator import getitem
from typing import Annotated

from fastapi import Header, Request
from pydantic import AfterValidator
from pydantic_core import from_json

from domain.entry import Actor
from domain.errors import Refused
from store.ledger import Asked


class BadKey(Refused):
    """Idempotency-Key takes 1 to 200 printable ASCII characters."""

    zh = "Idempotency-Key 须为 1 至 200 个可打印的 ASCII 字符。"
    sort = "invalid"


def printable(key: str | None) -> str | None:
    """Raises BadKey, for a trial as well, which has no use for a key."""
    if key is not None and not (0 < len(key) <= 200 and key.isascii() and key.isprintable()):
        raise BadKey
    return key


Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="同一键与同一请求体：重得首次答复；另一请求体：422 / same key and body: the first answer again",
    ),
    AfterValidator(printable),
]


def asked(
    request: Request, by: Actor, key: str | None, body: bytes, erasable: Sequence[tuple[int | str, ...]] = ()
) -> Asked | None:
    """The idempotency key in its actor's scope, with the request's canonical bytes: the order of fields does not count.

    `erasable`: the places in the body that the digest leaves out, for it would confirm a name that somebody guesses.
    """
    if key is None:
        return None
    whole = from_json(body)
    for *path, last in erasable:
        reduce(getitem, path, whole)[last] = None
    canonical = json.dumps([request.method, request.url.path, whole], sort_keys=True)
    return Asked(by.person, key, canonical.encode())
