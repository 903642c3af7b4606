"""Templates into answers: what every page may call in its template, its headers, and the files it loads."""

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.locale import Language, texts
from api.pages.wording import SIGNS, translations
from api.pages.writing import Writing
from domain.errors import in_one

STATIC = Path(__file__).with_name("static")
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "same-origin",  # under no-referrer a browser would not say where a form comes from
    "cache-control": "no-store",
}
WORTH_PACKING = 1_000


class Static(NamedTuple):
    """`packed` is the same by gzip."""

    body: bytes
    packed: bytes
    kind: str
    address: str


@cache
def static() -> dict[str, Static]:
    """Every file that pages load, by name; its address changes with its content, so that browsers may keep it for ever."""
    found = {}
    for file in sorted(STATIC.iterdir()):
        body = file.read_bytes()
        address = f"/pages/static/{sha256(body).hexdigest()[:16]}/{file.name}"
        found[file.name] = Static(body, gzip.compress(body, 9, mtime=0), TYPES[file.suffix], address)
    return found


@cache
def environment(language: Language) -> Environment:
    """Everything is escaped unless a template draws it itself; a name that is not there is an error, never a blank."""
    made = Environment(
        loader=PackageLoader("api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        auto_reload=False,
    )
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    writing = Writing(language)
    words = texts(language)

    def word(section: str, key: str | None) -> str:
        return "—" if key is None else words[section].get(key, key)

    made.globals |= {
        "word": word,
        "static": lambda name: static()[name].address,
        "language": language,
        "signs": SIGNS[language],
    }
    for name in ("money", "exact", "number", "percent", "day", "moment", "month"):
        made.filters[name] = getattr(writing, name)
    made.filters["in_one"] = lambda told: in_one(told, language == "zh")
    return made


def packed(request: Request, response: Response) -> Response:
    """The same by gzip, where the browser takes it."""
    if len(response.body) >= WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", ""):
        response.body = gzip.compress(response.body, 5, mtime=0)
        response.headers["content-encoding"] = "gzip"
        response.headers["content-length"] = str(len(response.body))
    response.headers["vary"] = "accept-encoding, cookie, accept-language"
    return response
