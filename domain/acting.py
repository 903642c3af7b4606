"""Acting for somebody else: only as the stand-in (AB岗) that the record says they have on the day."""

from collections.abc import Iterable
from datetime import date

from domain.command import Load, Same
from domain.entry import stream_kind
from domain.errors import Refused
from domain.office.identities import PREFIX
from domain.office.stand_ins import appointed
from domain.project.responsibilities import Tenure, tenures_in


class NoStandIn(Refused):
    """No appointment as this person's stand-in covers today; the office records one (POST /people/…/stand-ins)."""

    zh = "您今天没有代行此人职责的AB岗授权；请重大项目办登记（POST /people/…/stand-ins）。"
    sort = "forbidden"


def stands_in(load: Load, label: str, person: str, principal: str, day: date, same: Same) -> str:
    """The document that lets a person act for another on the day, in the stream `label`. Raises NoStandIn.

    Either the person's own stand-in, or a project's AB岗 for its project officer. Joined references are one person.
    """
    acting, represented = same([person]), same([principal])
    if not acting & represented:
        for ref in sorted(represented):
            for made in appointed(load(PREFIX + ref).now, day):
                if made.fact.stand_in in acting and made.original.envelope.document is not None:
                    return made.original.envelope.document
        if stream_kind(label) == "project":
            for document in _of_project(tenures_in(load(label).now), acting, represented, day):
                return document
    raise NoStandIn(f"{person} → {principal}", pointer="/on_behalf_of")


def _of_project(tenures: Iterable[Tenure], acting: frozenset[str], represented: frozenset[str], day: date) -> list[str]:
    held = [tenure for tenure in tenures if tenure.covers(day)]
    if not any(t.role == "project_officer" and t.holder.person in represented for t in held):
        return []
    papers = [t.begun.original.envelope.document for t in held if t.role == "stand_in" and t.holder.person in acting]
    return [paper for paper in papers if paper is not None]
