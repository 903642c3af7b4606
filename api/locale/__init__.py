"""Every word that people read, in Chinese and English, each in one place: zh.toml and en.toml.

The words themselves are the program's; the rules of irregularity bring their own names (domain.questions.irregularities and
across), and the lights of a district are its data (its settings).
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel

from domain.command import TABLE, Action
from domain.entry import Role
from domain.fact import AUTHORITIES, KINDS, MEASURES, Stage, StreamKind
from domain.indicators import COUNTS
from domain.judgement import JUDGEMENTS, EvidenceSort, Outcome
from domain.judging.instructions import State as InstructionState
from domain.office.audit import State as AuditState
from domain.office.reconciliation import State as ReconciliationState
from domain.office.unit import Opening
from domain.project.classes import YearlyClass
from domain.project.endings import Closing
from domain.project.funds import FundKind
from domain.project.plans import PLANNED
from domain.project.responsibilities import ROLES
from domain.project.signings import ORDER
from domain.questions.across import ACROSS
from domain.questions.audits import AuditSort
from domain.questions.evidence import FileState
from domain.questions.irregularities import RULES
from domain.questions.returns import BoardState
from domain.settings import Lands
from store.works import STEPS
from store.works import State as WorkState

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
MARKS = (
    *("not_started_when_due", "completion_overdue", "paused", "unowned", "holder_dissolved", "irregular"),
    *("corrected", "annulled", "reinstated", "pending", "late"),
    *("recognised", "not_recognised", "judge_again", "disputed"),
)
"""Of a project's status, and of the facts in its timeline."""

CHOICES = (
    *("returns", "benefits_whole_life", "entry", "next", "confirms", "stays_open", "withheld", "none_provided"),
    *("natural", "working", "adopted", "shipped", "weekends", "off", "worked"),
)
"""What fields take that no other section names."""
BESIDE = ("labels", "helps")
"""Sections of texts about some fields only: `field`, or `model.field` where the same field means something else there."""


@cache
def texts(language: Language) -> Mapping[str, Mapping[str, str]]:
    """One language whole, by section and word."""
    with Path(__file__).with_name(f"{language}.toml").open("rb") as file:
        found: dict[str, dict[str, str]] = tomllib.load(file)
    return found | {"rules": {rule: zh_en[LANGUAGES.index(language)] for rule, zh_en in (RULES | ACROSS).items()}}


def declared() -> dict[str, tuple[str, ...]]:
    """Every word of every section, as the program itself declares it: what both languages must name."""
    return {
        "streams": get_args(StreamKind),
        "access": tuple(Role),
        "actions": tuple(Action),
        "stages": tuple(Stage),
        "measures": tuple(MEASURES),
        "authorities": AUTHORITIES,
        "roles": ROLES,
        "marks": MARKS,
        "rules": (*RULES, *ACROSS),
        "kinds": (*KINDS, *JUDGEMENTS),
        "nouns": _once(d.noun for d in TABLE.values()),
        "acts": _once(d.act for d in TABLE.values() if d.act),
        "fields": _once(f for model in (*KINDS.values(), *TABLE) for f in _fields(model)),
        "unit_sorts": words_of(Opening, "sort"),
        "fund_kinds": get_args(FundKind),
        "landings": get_args(Lands),
        "levels": tuple(ORDER),
        "endings": words_of(Closing, "how"),
        "outcomes": get_args(Outcome),
        "returns": get_args(BoardState),
        "reconciliation": get_args(ReconciliationState),
        "evidence": get_args(EvidenceSort),
        "files": get_args(FileState),
        "blanks": ("withheld", "none_provided", "not_mentioned"),
        "plans": PLANNED,
        "yearly_classes": get_args(YearlyClass),
        "counts": tuple(COUNTS),
        "audit_states": get_args(AuditState),
        "audit_sorts": get_args(AuditSort),
        "instruction_states": get_args(InstructionState),
        "commands": tuple(snake(command.__name__) for command in TABLE),
        "choices": CHOICES,
        "work": STEPS,
        "work_states": get_args(WorkState),
        "flags": ("yes", "no"),
    }


def snake(name: str) -> str:
    """A model's name as these sections write it: `receive_funds`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def preferred(accept: str) -> Language:
    """The language of an Accept-Language header (RFC 9110 §12.5.4): English only where it is wanted before Chinese."""
    wanted: dict[str, float] = {}
    for part in accept.split(",")[:20]:
        tag, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
        if re.fullmatch(r"[01](\.[0-9]{0,3})?", quality):
            language = tag.partition("-")[0]
            wanted[language] = max(wanted.get(language, 0.0), float(quality))
    return "en" if wanted.get("en", 0.0) > wanted.get("zh", wanted.get("*", 0.0)) else "zh"


def words_of(model: Any, field: str) -> tuple[str, ...]:
    """The words that a field of a fact takes."""
    return get_args(model.model_fields[field].annotation)


def _fields(model: type[BaseModel]) -> Iterator[str]:
    """Its own, and those of the models within."""
    for name, field in model.model_fields.items():
        yield name
        for inner in _models(field.annotation):
            yield from _fields(inner)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation.model_fields:
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
