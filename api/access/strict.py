"""JSON read strictly, before anything else sees it: size, encoding, depth, numbers, duplicate keys, characters."""

import json
import re
from typing import Any, NoReturn

from domain.errors import Refused, in_one

MOST_BYTES = 1_048_576
DEEPEST = 64
STRINGS_AND_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)|([\[{])|([\]}])', re.DOTALL)
"""A string is skipped whole, so that brackets in it do not count; one that never ends reaches to the end."""
UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u200b\u2028-\u202e\u2060\u2066-\u2069\ufeff\ufdd0-\ufdef\ufffe\uffff]"
)
"""Control characters but tab and line ends, halves of characters, and what nobody sees: two vouchers that look alike are
one, and text that is shown in another order than it is written deceives (Unicode TR36)."""
MOST_DIGITS = 30


class TooLarge(Refused):
    """The body is larger than a request may be (1 MiB)."""

    zh = "请求体超过上限（1 MiB）。"
    sort = "invalid"


class NotJson(Refused):
    """The body must be JSON (Content-Type: application/json) in UTF-8."""

    zh = "请求体须为 UTF-8 编码的 JSON（Content-Type: application/json）。"
    sort = "invalid"


class BadJson(Refused):
    """The body cannot be read as strict JSON."""

    zh = "请求体不符合严格的 JSON 要求。"
    sort = "invalid"

    def said(self, chinese: bool) -> str:
        """`about` is given in both languages, `English / 中文`."""
        about = in_one(self.about, chinese)
        return f"{self.zh.rstrip('。')}：{about}。" if chinese else f"{self.english.rstrip('.')}: {about}."


def checked(body: bytes) -> Any:
    """The value, as Python reads it. Raises BadJson saying what is wrong, never echoing what was sent."""
    try:
        text = body.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise BadJson("not UTF-8 / 不是 UTF-8 编码") from None
    if deeper_than(body, DEEPEST):
        raise BadJson(f"nested deeper than {DEEPEST} / 嵌套超过 {DEEPEST} 层")
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole)
    except BadJson:
        raise
    except ValueError as error:
        at = getattr(error, "pos", None)
        raise BadJson(f"syntax error at character {at} / 第 {at} 个字符处语法有误") from None
    _characters(value)
    return value


def deeper_than(body: bytes, limit: int) -> bool:
    """Counts brackets outside strings: no recursion, whatever comes."""
    if body.count(b"[") + body.count(b"{") <= limit:
        return False
    depth = 0
    for found in STRINGS_AND_BRACKETS.finditer(body):
        if found.lastindex == 1:
            depth += 1
            if depth > limit:
                return True
        elif found.lastindex == 2:
            depth -= 1
    return False


def printable(text: str) -> bool:
    """Whether text from an address or a header holds nothing that an entry could not."""
    return UNWANTED.search(text) is None and "\ufffd" not in text


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadJson("a key stands twice in one object / 同一对象中有重复的键")
    return found


def _no_constant(name: str) -> NoReturn:
    raise BadJson("NaN and Infinity are no numbers / 不接受 NaN 与 Infinity")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise BadJson("a number beyond all bounds / 数值超出范围")
    return number


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise BadJson("a number beyond all bounds / 数值超出范围")
    return int(text)


def _characters(value: Any) -> None:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                if UNWANTED.search(text):
                    raise BadJson("a control, invisible or half character in text / 文本含控制字符、不可见字符或残缺字符")
            case dict() as mapping:
                waiting.extend(mapping)
                waiting.extend(mapping.values())
            case list() as items:
                waiting.extend(items)
            case _:
                pass
