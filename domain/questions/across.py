"""跨项目: what no project shows alone: one voucher, enterprise, site, code or name in several; computed, never refused."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch
from hashlib import blake2b
from typing import NamedTuple

from domain.fact import Fact
from domain.history import Standing, View
from domain.project.funds import FundsReceived
from domain.project.intake import ProjectDescribed, ProjectEntered
from domain.project.land import LandSecured
from domain.project.registrations import EnterpriseRegistered
from domain.project.shares import EnterpriseShareStated, covers
from domain.project.taxes import TaxPaid
from domain.values import Frozen, Period

ACROSS = {
    "voucher_twice": ("同一凭证计入多个项目", "one voucher counted in several projects"),
    "enterprise_twice": ("同一企业在多个项目登记", "one enterprise registered in several projects"),
    "site_twice": ("同一地块用于多个项目", "one site used for several projects"),
    "code_twice": ("同一外部编号用于多个项目", "one outside code on several projects"),
    "name_twice": ("多个项目重名", "one name on several projects"),
    "shares_above_whole": ("企业份额合计超过 100%", "an enterprise's shares in its projects come to more than the whole"),
    "tax_twice": ("同一企业同期税收计入多个项目", "one enterprise's tax of one time counted in several projects"),
}
"""Every rule by its stable name, with its words in Chinese and English."""
MOST_PROJECTS = 50
"""Of a word that more projects share the first so many are shown."""
NO_LETTERS = re.compile(r"[^a-z0-9]+")
SAYS_NOTHING = frozenset(("", "无", "暂无", "待定", "待补", "没有", "na", "none", "nil", "tbd"))


@dataclass(frozen=True)
class Sort:
    """A sort of word that tells two projects' facts to be about the same; `number` is its place in lists and cursors."""

    number: int
    rule: str
    last: bool = False
    """Whether only what was stated last counts, as of names and codes."""


VOUCHER = Sort(1, "voucher_twice")
CREDIT_CODE = Sort(2, "enterprise_twice")
ENTERPRISE = Sort(3, "enterprise_twice")
"""By name: where somebody gave no code."""
SITE = Sort(4, "site_twice")
CODE = Sort(5, "code_twice", last=True)
NAME = Sort(6, "name_twice", last=True)
TAXPAYER = Sort(7, "tax_twice")
SHARER = Sort(8, "shares_above_whole")
SORTS = (VOUCHER, CREDIT_CODE, ENTERPRISE, SITE, CODE, NAME, TAXPAYER, SHARER)


class Clue(NamedTuple):
    """One word of a fact: as it was said, and folded so that it is found however it is spelt."""

    sort: Sort
    said: str
    word: str
    coded: bool = False
    """Of an enterprise's name: whether its credit code is stated too, and tells more."""
    period: Period | None = None
    """Of a taxpayer: what the tax is for."""

    @property
    def print(self) -> int:
        """The word in 64 bits, as a bigint holds them: what read models keep of it."""
        return int.from_bytes(blake2b(self.word.encode(), digest_size=8).digest(), "big", signed=True)


class AcrossPart(Frozen):
    """One fact of one project; `said` is the word in its own spelling."""

    project: str
    entry: str
    said: str
    sources: tuple[str, ...]


class Across(Frozen):
    """One word that several projects share, with the facts that say it. `more`: other projects share it too."""

    rule: str
    said: str
    parts: tuple[AcrossPart, ...]
    more: bool


Place = tuple[int, int]
"""Where a group stands in the order of all: its sort and its word's print."""


def folded(text: str) -> str:
    """Letters and digits alone, whatever their width and case; empty where the text says that there is none."""
    if text.isascii():  # most vouchers and codes: a read model folds each
        word = NO_LETTERS.sub("", text.lower())
    else:
        word = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))
    return "" if word in SAYS_NOTHING else word


def clues(fact: Fact) -> Iterator[Clue]:
    """The words by which a fact of another project could be about the same."""
    return (clue for clue in words(fact) if clue.word)


@singledispatch
def words(fact: Fact) -> Iterable[Clue]:
    """The same, and words that say nothing. Of most kinds none."""
    return ()


@words.register
def _(fact: FundsReceived) -> Iterable[Clue]:
    yield Clue(VOUCHER, fact.voucher, folded(fact.voucher))


@words.register
def _(fact: TaxPaid) -> Iterable[Clue]:
    if fact.enterprise is not None:
        yield Clue(TAXPAYER, fact.enterprise, folded(fact.enterprise), period=fact.period)


@words.register
def _(fact: EnterpriseRegistered) -> Iterable[Clue]:
    yield Clue(ENTERPRISE, fact.enterprise, folded(fact.enterprise), coded=fact.credit_code is not None)
    if fact.credit_code is not None:
        yield Clue(CREDIT_CODE, fact.credit_code, folded(fact.credit_code))


@words.register
def _(fact: EnterpriseShareStated) -> Iterable[Clue]:
    yield Clue(SHARER, fact.enterprise, folded(fact.enterprise))


@words.register
def _(fact: LandSecured) -> Iterable[Clue]:
    if fact.site is not None:
        yield Clue(SITE, fact.site, folded(fact.site))


@words.register
def _(fact: ProjectEntered | ProjectDescribed) -> Iterable[Clue]:
    for code in fact.codes or ():
        yield Clue(CODE, code.value, coded_as(code.scheme, code.value))
    if fact.name is not None:
        yield Clue(NAME, fact.name, folded(fact.name))


def coded_as(scheme: str, value: str) -> str:
    """A national project code (20 digits; GB/T 40058-2021) whatever its scheme is called, others within their scheme."""
    word = folded(value)
    if not word or (len(word) == 20 and word.isdigit()):
        return word
    return f"{folded(scheme)}:{word}"


class Telling(NamedTuple):
    """A fact in force and one of its words."""

    standing: Standing[Fact]
    clue: Clue

    @property
    def project(self) -> str:
        return self.standing.original.stream


def tellings(view: View) -> Iterator[Telling]:
    """Every word of a project that counts at the viewpoint."""
    last: dict[Sort, tuple[Telling, ...]] = {}
    for standing in view.facts:
        said = [Telling(standing, clue) for clue in clues(standing.fact)]
        yield from (t for t in said if not t.clue.sort.last)
        for sort in (CODE, NAME):
            if now := tuple(t for t in said if t.clue.sort is sort):
                last[sort] = now
    for stated in last.values():
        yield from stated


def across(views: Iterable[View]) -> list[Across]:
    """Over all projects, in the order of their places."""
    return [found for _, found in placed(views)]


def placed(views: Iterable[View]) -> list[tuple[Place, Across]]:
    """The same, each with its place."""
    shared: dict[tuple[Sort, str], list[Telling]] = {}
    for view in views:
        for telling in tellings(view):
            shared.setdefault((telling.clue.sort, telling.clue.word), []).append(telling)
    found = []
    for (sort, _), told in shared.items():
        told.sort(key=lambda t: (t.project, t.standing.number))
        projects = list(dict.fromkeys(t.project for t in told))
        first = set(projects[:MOST_PROJECTS])
        chosen = list(CHOOSING.get(sort, list)([t for t in told if t.project in first]))
        if len({t.project for t in chosen}) > 1:
            place = (sort.number, chosen[0].clue.print)
            found.append((place, _group(sort.rule, chosen, more=len(projects) > MOST_PROJECTS)))
    return sorted(found, key=lambda pair: pair[0])


def _group(rule: str, told: Iterable[Telling], more: bool) -> Across:
    parts = tuple(
        AcrossPart(project=t.project, entry=t.standing.original.citation, said=t.clue.said, sources=t.standing.sources)
        for t in told
    )
    return Across(rule=rule, said=parts[0].said, parts=parts, more=more)


def _some_uncoded(told: Sequence[Telling]) -> Iterator[Telling]:
    """Enterprises of one name: where each states its code, the codes tell."""
    if not all(t.clue.coded for t in told):
        yield from told


def _same_time(told: Sequence[Telling]) -> Iterator[Telling]:
    """Taxes that overlap one of another project; one that was shared out in a joint act is no second one."""
    for one in told:
        if any(_counted_twice(one, other) for other in told):
            yield one


def _counted_twice(one: Telling, other: Telling) -> bool:
    mine, its = one.clue.period, other.clue.period
    if one.project == other.project or mine is None or its is None or not mine.overlaps(its):
        return False
    return other.standing.original.citation not in one.standing.original.envelope.counterparts


def _above_whole(told: Sequence[Telling]) -> Iterator[Telling]:
    """The shares that on some day come to more than the whole; of one project the last that covers the day stands."""
    stated = [(t, t.standing.fact) for t in sorted(told, key=lambda t: t.standing.place)]
    shares = [(t, fact) for t, fact in stated if isinstance(fact, EnterpriseShareStated)]
    marked: set[str] = set()
    for day in {fact.occurred_on for _, fact in shares}:
        standing = {t.project: (t, fact.ratio) for t, fact in shares if covers(fact, day)}
        if sum(ratio for _, ratio in standing.values()) > 1:
            marked.update(t.standing.original.citation for t, _ in standing.values())
    return (t for t in told if t.standing.original.citation in marked)


CHOOSING: dict[Sort, Callable[[Sequence[Telling]], Iterable[Telling]]] = {
    ENTERPRISE: _some_uncoded,
    TAXPAYER: _same_time,
    SHARER: _above_whole,
}
"""Of those who share a word, whom it marks; of other sorts all."""


def concerning(view: View, found: Iterable[tuple[Place, Across]]) -> list[Across]:
    """Those that a project takes part in, itself among the parts or among the many that are not shown."""
    own = {(t.clue.sort.number, t.clue.print) for t in tellings(view)}
    return [
        each for place, each in found if place in own and (each.more or any(p.project == view.label for p in each.parts))
    ]
