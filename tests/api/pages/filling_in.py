"""A browser without a browser: pages got and forms sent as they stand on the page, many in a second."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from fastapi.testclient import TestClient
from httpx2 import Response

from api.access.sessions import COOKIE

ORIGIN = "http://testserver"
EMPTY = ("input", "link", "meta", "br")


@dataclass
class Shown:
    """A form on a page: where it is sent, and every field as a browser would send it."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def but(self, **changed: str) -> list[tuple[str, str]]:
        return [(n, v) for n, v in self.fields if n not in changed] + list(changed.items())


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Shown] = []
        self._select = self._area = ""
        self._text = ""
        self._chosen: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Shown(given.get("action", "")))
        if not self.forms or (tag in ("input", "select", "textarea") and "name" not in given):
            return
        form, name = self.forms[-1], given.get("name", "")
        if tag in ("input", "select", "textarea"):
            form.names.add(name)
        match tag:
            case "input" if given.get("type") in ("checkbox", "radio"):
                if "checked" in given:
                    form.fields.append((name, given.get("value", "on")))
            case "input" if given.get("type") != "file":
                form.fields.append((name, given.get("value", "")))
            case "select":
                self._select, self._chosen = name, None
            case "option" if self._select and (self._chosen is None or "selected" in given):
                self._chosen = given.get("value", "")
            case "textarea":
                self._area, self._text = name, ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            self.forms[-1].fields.append((self._select, self._chosen or ""))
            self._select = ""
        if tag == "textarea" and self._area:
            self.forms[-1].fields.append((self._area, self._text))
            self._area = ""


@dataclass
class Reader:
    """Somebody signed in; `session` is their token."""

    client: TestClient
    session: str
    language: str = "zh"

    def get(self, path: str) -> Response:
        return self.client.get(path, headers=self._headers(), follow_redirects=False)

    def form(self, path: str) -> Shown:
        """The last form of a page."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-1500:])
        return forms(answer.text)[-1]

    def send(self, action: str, fields: list[tuple[str, str]]) -> Response:
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": ORIGIN}
        return self.client.post(action, content=urlencode(fields), headers=self._headers() | kind, follow_redirects=False)

    def upload(self, shown: Shown, name: str, raw: bytes, kind: str = "application/octet-stream", **filled: str) -> Response:
        """The form with a file, its fields before it."""
        files = {"file": (name, raw, kind)}
        headers = self._headers() | {"Origin": ORIGIN}
        data = dict(shown.but(**filled))
        return self.client.post(shown.action, data=data, files=files, headers=headers, follow_redirects=False)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.session}", "Accept-Language": self.language}


def forms(html: str) -> list[Shown]:
    parser = _Forms()
    parser.feed(html)
    return parser.forms


def fields_of(body: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """A body as somebody would fill it in: every value under its pointer."""
    match body:
        case {"blank": blank, **said}:
            yield f"{at}:blank", str(blank)
            yield f"{at}:said", str(next(iter(said.values()), ""))
        case Mapping() if at.endswith("/recognising"):
            for n, (key, codes) in enumerate(body.items()):
                yield from ((f"{at}/{n}:key", key), (f"{at}/{n}", "、".join(codes)))
        case Mapping():
            for name, value in body.items():
                yield from fields_of(value, f"{at}/{name}")
        case list() if at.endswith(SEVERAL) and all(isinstance(one, str) for one in body):
            yield from ((at, one) for one in body)
        case list():
            for n, value in enumerate(body):
                yield from fields_of(value, f"{at}/{n}")
        case bool():
            if body:
                yield at, "1"
        case None:
            pass
        case _:
            yield at, str(body)


SEVERAL = ("/indicators", "/lands_on", "/evidence")
"""Lists that are ticked, not written."""
