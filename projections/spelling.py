"""西湖里 by xhl: Chinese names found by the initials of their pinyin, with every reading of each character.

Readings are looked up character by character and kept; a phrase dictionary would choose one reading where people type
another (重庆 by cq and by zq).
"""

import os
import re
from collections.abc import Collection
from functools import cache


def found_by(initials: str, names: Collection[str]) -> list[str]:
    """The names in which characters in a row begin with these letters; digits and letters stand for themselves."""
    written = set().union(*names)
    classes = ["".join(re.escape(c) for c in written if letter in _beginnings(c)) for letter in initials.lower()]
    if not all(classes):
        return []
    wanted = re.compile(r"\s*".join(f"[{of}]" for of in classes))
    return [name for name in names if wanted.search(name)]


def spells(q: str) -> bool:
    """Whether it could be initials: ASCII letters and digits, of which one is a letter."""
    return q.isascii() and q.isalnum() and not q.isdigit()


@cache
def _beginnings(character: str) -> str:
    """The letters with which its readings begin; of what is no Chinese character it itself."""
    if character.isascii():
        return character.lower()
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # 45 MB that single characters need not
    from pypinyin import Style, pinyin  # when somebody searches so, not in every command

    return "".join(pinyin(character, style=Style.FIRST_LETTER, heteronym=True)[0]).lower()
