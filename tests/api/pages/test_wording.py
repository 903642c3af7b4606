"""Every word of the pages is there in both languages."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

import api.pages
from api.pages.helping import TOPICS
from api.pages.wording import catalogues

PAGES = Path(api.pages.__file__).parent
METHODS = [("**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
OPTIONS = {"**.html": {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trimmed": "false", "silent": "false"}}
KEYWORDS = {"_": None, "gettext": None, "noted": None, "say": None, "said": (2,), "ngettext": (1, 2)}


def used() -> Iterator[str]:
    """Every text in templates and code that is marked to be read."""
    found = extract_from_dir(PAGES, METHODS, OPTIONS, keywords=KEYWORDS)
    yield from dict.fromkeys(message if isinstance(message, str) else message[0] for _, _, message, _, _ in found)
    yield from TOPICS.values()


def test_every_text_of_the_pages_has_its_english_once():
    named = Counter(str(m.id) for _, catalogue in catalogues() for m in catalogue if m.id)
    wanted = set(used())
    missing = "\n".join(f'msgid "{text}"\nmsgstr ""\n' for text in sorted(wanted - set(named)))
    assert not missing, f"without an English text:\n{missing}"
    assert set(named) - wanted == set(), "texts that no page says any more"
    assert [text for text, times in named.items() if times > 1] == []


def test_no_english_text_is_empty_unsure_or_loses_what_it_is_about():
    for file, catalogue in catalogues():
        for message in catalogue:
            if not message.id:
                continue
            assert message.string, (file, message.id)
            assert not message.fuzzy, (file, message.id)
            assert not any("\u4e00" <= c <= "\u9fff" for c in str(message.string)), (
                file,
                message.id,
                "Chinese in the English",
            )
            for error in message.check(catalogue):
                raise AssertionError((file, message.id, error))
            assert placeholders(str(message.id)) == placeholders(str(message.string)), (file, message.id)


def placeholders(text: str) -> set[str]:
    """What stands for a value: %(name)s in templates, {name} in code."""
    return set(re.findall(r"%\(\w+\)s|\{\w+\}", text))
