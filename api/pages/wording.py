"""The words of the pages: Chinese in the templates, English in gettext catalogues in api/locale/en, one for each page."""

from collections.abc import Iterator
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import api.locale
from api.locale import Language

CATALOGUES = Path(api.locale.__file__).parent / "en"


def catalogues() -> Iterator[tuple[str, Catalog]]:
    """Every catalogue by its file's name."""
    for file in sorted(CATALOGUES.glob("*.po")):
        with file.open("rb") as opened:
            yield file.name, read_po(opened, locale="en", abort_invalid=True)


@cache
def translations(language: Language) -> NullTranslations:
    """Chinese needs none: what stands in the templates is what is read."""
    if language == "zh":
        return NullTranslations()
    whole = Catalog(locale="en")
    for _, catalogue in catalogues():
        for message in catalogue:
            if message.id and message.string:
                whole.add(message.id, message.string, context=message.context)
    made = BytesIO()
    write_mo(made, whole)
    made.seek(0)
    return GNUTranslations(made)


def said(language: Language, chinese: str, **values: object) -> str:
    """A sentence of our own Python, in either language; `{name}` stands for a value."""
    return translations(language).gettext(chinese).format(**values)


class Signs(NamedTuple):
    """The signs that stand between words, as each language writes them."""

    colon: str
    semicolon: str
    comma: str
    opening: str
    closing: str


SIGNS: dict[Language, Signs] = {"zh": Signs("：", "；", "、", "（", "）"), "en": Signs(": ", "; ", ", ", " (", ")")}


def aside(language: Language, text: str | None) -> str:
    """In brackets after a word; nothing where there is nothing to say."""
    return f"{SIGNS[language].opening}{text}{SIGNS[language].closing}" if text else ""


def noted(chinese: str) -> str:
    """Marks a text that is translated where it is shown."""
    return chinese
