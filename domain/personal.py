"""电话、身份证号码 and names of people in free text: an entry is for ever, so they are asked about before they enter one.

Found are mainland mobile numbers, landlines with their area code, and resident identity numbers (GB 11643-1999) whose date
and check character are right. What stands as an amount, or as the number of a voucher, a paper or an enterprise, is not.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import AfterValidator, BaseModel

from domain.errors import ReasonNeeded
from domain.values import clean, one_line

Sort = Literal["mobile", "landline", "identity"]
WORDS: dict[Sort, tuple[str, str]] = {
    "mobile": ("手机号码", "mobile number"),
    "landline": ("固定电话", "landline number"),
    "identity": ("身份证号码", "identity number"),
}
PAPERS = frozenset(("voucher", "paper", "credit_code", "register_code", "sha256", "media_type", "scheme", "value", "entry"))
"""Fields that hold the numbers of papers, enterprises and files, not what people write."""

MANY_DIGITS = re.compile(r"\d(?:[^\d\n]{0,2}\d){8}")
"""Fewer make none of the numbers: nearly all texts are told by this."""
MOBILE = re.compile(r"(?:(?:\+|00)86[- ]?)?1[3-9]\d(?:-\d{4}-\d{4}| ?\d{4} ?\d{4}|\d {1,2}\d{4} {1,2}\d{3})(?!\d|[-.,]\d)")
LANDLINE = re.compile(
    r"(?:\((?:010|02\d)\) ?|(?:010|02\d)[-—– ]{1,2})[2-8]\d{3}[- ]?\d{4}(?!\d|[-.,]\d)"
    r"|(?:\(0[3-9]\d\d\) ?|0[3-9]\d\d[-—– ]{1,2})[2-8]\d{2,3}[- ]?\d{4}(?!\d|[.,]\d)"
    r"|(?:\+|00)86[-—– ]{1,2}(?:10|2\d|[3-9]\d\d)[-—– ]{1,2}[2-8]\d{6,7}(?!\d)"
)
UNSEPARATED = re.compile(r"0(?:10|2\d|[3-9]\d\d)[2-8]\d{6,7}(?!\d)")
"""A landline only where the words before say so."""
IDENTITY = re.compile(r"[1-9]\d{5}[- ]?(\d{4})(\d\d)(\d\d)[- ]?\d{3}[\dXx](?![0-9A-Za-z])")
PROVINCES = {
    f"{n}" for n in (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66))
}
PROVINCES |= {"71", "81", "82", "83", "91"}
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"

CALLED = re.compile(
    r"(?:电话|手机|座机|传真|联系|致电|拨打|热线|微信|tel|phone|mobile|mob|cell|fax)[^\d\n]{0,6}$", re.IGNORECASE
)
NUMBERED = re.compile(
    r"(?:凭证|单据|流水|票|合同|账单|编码|编号|单号|文号|批文|档案|证书|账号|帐号|账户|卡号|银行|回单|收据|代码|税号|地块|宗地|订单|序列)"
    r"[^\d\n]{0,4}$|(?:no|nr|code|ref|voucher|invoice|account|a/c)[.:：# ]*$",
    re.IGNORECASE,
)
COUNTED = re.compile(
    r"(?:[¥￥$€£]|cny|rmb|usd|eur|gbp|金额|投资|资金|资本|产值|收入|税额|税收|税款|合计|共计|总额|人民币|利润|价款|预算)[^\d\n]{0,3}$",
    re.IGNORECASE,
)
UNITS = re.compile(
    r" ?(?:元|万|亿|分|人|户|股|吨|千|平|亩|米|公里|台|件|套|份|个|度|号|美|欧|英|港|㎡|m2|m3|%|cny|rmb|usd|eur|gbp|yuan)",
    re.IGNORECASE,
)
BOUND = re.compile(r"[0-9A-Za-z_](?:[-/.,#]?)$|[.,]$")
"""What stands right before is part of the same number or code."""


class PersonalData(ReasonNeeded):
    """Entries are for ever, and this text holds personal data: take it out, or say in `reason` why it must stand."""

    zh = "记录永久保存，而此处文字含个人信息：请删去（人员请写人员编号）；确须保留的，请填写理由（reason）。"


class PersonalDataHere(PersonalData):
    """Personal data cannot stand here, whatever the reason; take it out."""

    zh = "此处文字不得含有个人信息，请删去。"


def may_hold_numbers(text: str) -> bool:
    """Whether there are digits enough for any of them."""
    return MANY_DIGITS.search(text) is not None


def numbers_in(text: str) -> list[Sort]:
    """The sorts of personal numbers in a text, each once."""
    if not may_hold_numbers(text):
        return []
    text = unicodedata.normalize("NFKC", text)
    return list(dict.fromkeys(_found(text)))


def _found(text: str) -> Iterator[Sort]:
    for match in IDENTITY.finditer(text):
        before = text[: match.start()][-12:]
        called = before.endswith(("证", "证号", "号码")) or "身份" in before
        if not (BOUND.search(before) or (NUMBERED.search(before) and not called)) and _is_identity(match):
            yield "identity"
    for match in MOBILE.finditer(text):
        if _is_phone(text, match):
            yield "mobile"
    for match in LANDLINE.finditer(text):
        if _is_phone(text, match):
            yield "landline"
    for match in UNSEPARATED.finditer(text):
        if CALLED.search(text[: match.start()][-16:]):
            yield "landline"


def _is_phone(text: str, match: re.Match[str]) -> bool:
    before, after = text[: match.start()][-16:], text[match.end() :][:6]
    if CALLED.search(before):
        return True
    return not (BOUND.search(before) or NUMBERED.search(before) or COUNTED.search(before) or UNITS.match(after))


def _is_identity(match: re.Match[str]) -> bool:
    plain = re.sub("[- ]", "", match[0]).upper()
    try:
        born = date(*map(int, match.groups()))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, plain, strict=False))
    return plain[:2] in PROVINCES and 1850 <= born.year <= 2199 and CHECKS[total % 11] == plain[17]


def texts(value: Any, *, skip: Iterable[str] = ()) -> Iterator[str]:
    """What people wrote in an event or a command: its lines and prose, those of its parts too; no codes or references."""
    match value:
        case BaseModel():
            for name in writable(type(value)):
                inner = None if name in skip else value.__dict__.get(name)
                if type(inner) is str:
                    yield inner
                elif inner is not None:
                    yield from texts(inner)
        case str():
            yield value
        case dict():
            yield from (text for name, inner in value.items() if name not in PAPERS for text in texts(inner))
        case list() | tuple():
            yield from (text for inner in value for text in texts(inner))
        case _:
            pass


@cache
def writable(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields of a model that may hold free text: a Line or Prose, by itself or in a part; codes are none."""
    fields = model.model_fields.items()
    return tuple(name for name, f in fields if name not in PAPERS and (_free(*f.metadata) or _free(f.annotation)))


def _free(*said: Any) -> bool:
    """Whether an annotation, or what it is made of, is a Line, Prose, a model of its own or an open dictionary."""
    return any(
        (isinstance(each, AfterValidator) and each.func in (clean, one_line))
        or (isinstance(each, type) and issubclass(each, BaseModel | dict))
        or (get_origin(each) is dict and any(inner in (Any, str) for inner in get_args(each)[1:]))
        or _free(*getattr(each, "__metadata__", ()), *get_args(each))
        for each in said
    )


def names_among(names: Iterable[str], text: str) -> list[str]:
    """Those of the names that stand in a text; one in Latin letters only as words of its own."""
    return [
        name
        for name in names
        if name in text and (not name.isascii() or re.search(rf"(?<![0-9A-Za-z]){re.escape(name)}(?![0-9A-Za-z])", text))
    ]


def said_of(sorts: Iterable[Sort]) -> str:
    """Which sorts they are, never the numbers."""
    found = list(sorts)
    return f"{'、'.join(WORDS[s][0] for s in found)} / {', '.join(WORDS[s][1] for s in found)}"


def found_in(said: Iterable[str], names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """(rule, about, the text) of every text that holds a number or one of the names."""
    for text in said:
        if sorts := numbers_in(text):
            yield "personal_number", said_of(sorts), text
        if names and names_among(names, text):
            yield "person_named", "", text
