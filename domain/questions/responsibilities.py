"""谁负责: who held each role when and in which stage, with gaps (责任空档), overlaps (职责交叉), and who acted."""

from datetime import date

from domain.entry import Entry
from domain.fact import Fact, Stage
from domain.history import View
from domain.project.intake import ProjectEntered
from domain.project.responsibilities import Holder, ProjectTransferred, ResponsibilityHandedOver, Tenure, tenures_in
from domain.questions.answers import Sourced
from domain.questions.around import ALONE, Around, HolderDissolved, holders_dissolved
from domain.questions.stages import Interval, ending_of, intervals
from domain.settings import Settings
from domain.values import Frozen


class HeldRole(Sourced):
    """`[since, until)`; `until` is null while the tenure is open at the viewpoint."""

    role: str
    holder: Holder
    since: date
    until: date | None
    document: str | None = None
    handed_over_to: Holder | None = None
    open_matters: tuple[str, ...] = ()
    """Handed over with the role when this tenure ended."""
    stages: tuple[Stage, ...] = ()
    """The stages this tenure fell in."""

    def covers(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


class Span(Sourced):
    """A gap or an overlap of one role over `[since, until)`; open when `until` is null."""

    role: str
    since: date
    until: date | None
    holders: tuple[Holder, ...] = ()


class Acted(Frozen):
    """Who recorded, asked for or decided an entry."""

    entry: str
    what: str
    person: str
    unit: str
    post: str
    on_behalf_of: str | None
    occurred_on: date | None
    recorded_on: date | None


class StageHeld(Frozen):
    """One stage as lived, who held each role in it, and who acted on its facts."""

    stage: Stage
    since: date
    until: date | None
    held: tuple[HeldRole, ...]
    acted: tuple[Acted, ...]


class Responsibilities(Frozen):
    code: str
    held: tuple[HeldRole, ...]
    stages: tuple[StageHeld, ...]
    gaps: tuple[Span, ...]
    overlaps: tuple[Span, ...]
    dissolved: tuple[HolderDissolved, ...]
    """责任单位已撤销: the roles that a unit holds which is no more, until a handover or a transfer is recorded."""


def responsibilities(
    view: View, settings: Settings, stage: Stage | None = None, role: str | None = None, around: Around = ALONE
) -> Responsibilities:
    """The whole accountability of one project, or of one stage or role of it."""
    held = [h for h in held_roles(view) if role in (None, h.role) and (stage is None or stage in h.stages)]
    gaps, overlaps = gaps_and_overlaps(view, settings)
    lived = [i for i in intervals(view) if stage in (None, i.stage)]
    return Responsibilities(
        code=view.label,
        held=tuple(held),
        stages=tuple(_stage(view, interval, held) for interval in lived),
        gaps=tuple(g for g in gaps if role in (None, g.role) and _within(g, lived, stage)),
        overlaps=tuple(o for o in overlaps if role in (None, o.role) and _within(o, lived, stage)),
        dissolved=tuple(d for d in holders_dissolved(view, around) if role in (None, d.role)),
    )


def _within(span: Span, lived: list[Interval], stage: Stage | None) -> bool:
    return stage is None or any(_meet(span.since, span.until, i.since, i.until) for i in lived)


def _meet(a: date, a_until: date | None, b: date, b_until: date | None) -> bool:
    return (b_until is None or a < b_until) and (a_until is None or b < a_until)


def _stage(view: View, interval: Interval, held: list[HeldRole]) -> StageHeld:
    return StageHeld(
        stage=interval.stage,
        since=interval.since,
        until=interval.until,
        held=tuple(h for h in held if _meet(h.since, h.until, interval.since, interval.until)),
        acted=tuple(_acted(view, interval)),
    )


def _acted(view: View, interval: Interval) -> list[Acted]:
    acts: list[tuple[Entry, date, str]] = []
    for number in sorted(view.matters):
        matter = view.matters[number]
        day = matter.current.fact.occurred_on
        if day > view.viewpoint.on or day < interval.since or (interval.until is not None and day >= interval.until):
            continue
        acts.append((matter.wordings[0].original, day, "recorded"))
        for wording in matter.wordings[1:]:
            acts.append((wording.wording, day, "asked_correction"))
            if wording.approval is not None:
                acts.append((wording.approval, day, "approved"))
        acts.extend((entry, day, "approved") for entry, _ in matter.turns)
    return [
        Acted(
            entry=entry.citation,
            what=what,
            person=entry.envelope.actor.person,
            unit=entry.envelope.actor.unit,
            post=entry.envelope.actor.post,
            on_behalf_of=entry.envelope.actor.on_behalf_of,
            occurred_on=day,
            recorded_on=entry.recorded_on,
        )
        for entry, day, what in acts
    ]


def held_roles(view: View) -> list[HeldRole]:
    """Every tenure at the viewpoint, by role and beginning."""
    lived = intervals(view)
    found = [_held(tenure, lived) for tenure in tenures_in(view)]
    return sorted(found, key=lambda h: (h.role, h.since, h.sources))


def _held(tenure: Tenure, lived: list[Interval]) -> HeldRole:
    end: Fact | None = tenure.ended.fact if tenure.ended else None
    return HeldRole(
        role=tenure.role,
        holder=tenure.holder,
        since=tenure.since,
        until=tenure.until,
        document=tenure.begun.original.envelope.document,
        handed_over_to=end.incoming if isinstance(end, ResponsibilityHandedOver | ProjectTransferred) else None,
        open_matters=end.open_matters if isinstance(end, ResponsibilityHandedOver | ProjectTransferred) else (),
        stages=tuple(i.stage for i in lived if _meet(tenure.since, tenure.until, i.since, i.until)),
        sources=tenure.sources,
    )


def gaps_and_overlaps(view: View, settings: Settings) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Gaps of required roles from the project's entering, of others from their first holder; up to `on` or the ending.

    Overlaps are of single-holder roles only.
    """
    entered = view.of(ProjectEntered)
    if not entered:
        return (), ()
    ending = ending_of(view)
    horizon = view.viewpoint.on if ending is None else min(ending.fact.occurred_on, view.viewpoint.on)
    by_role: dict[str, list[Tenure]] = {role: [] for role in settings.required_roles}
    for tenure in tenures_in(view):
        by_role.setdefault(tenure.role, []).append(tenure)
    gaps: list[Span] = []
    overlaps: list[Span] = []
    for role in sorted(by_role):
        since = entered[0].fact.occurred_on if role in settings.required_roles else by_role[role][0].since
        if role in settings.required_roles or role in settings.single_holder_roles:
            gaps.extend(_gaps(role, by_role[role], since, horizon))
        if role in settings.single_holder_roles:
            overlaps.extend(_overlaps(role, by_role[role]))
    return tuple(gaps), tuple(overlaps)


def _gaps(role: str, held: list[Tenure], since: date, horizon: date) -> list[Span]:
    gaps: list[Span] = []
    covered: date | None = since
    sources: tuple[str, ...] = ()
    for tenure in sorted(held, key=lambda t: t.since):
        if covered is None or tenure.since > horizon:
            break
        if tenure.since > covered:
            gaps.append(Span(role=role, since=covered, until=tenure.since, sources=(*sources, *tenure.begun.sources)))
        if tenure.until is None:
            covered = None
        elif tenure.until > covered:
            covered, sources = tenure.until, tenure.sources
    if covered is not None and covered <= horizon:
        gaps.append(Span(role=role, since=covered, until=None, sources=sources))
    return gaps


def _overlaps(role: str, held: list[Tenure]) -> list[Span]:
    overlaps: list[Span] = []
    for index, first in enumerate(held):
        for second in held[index + 1 :]:
            if first.holder != second.holder and _meet(first.since, first.until, second.since, second.until):
                ends = [t.until for t in (first, second) if t.until is not None]
                overlaps.append(
                    Span(
                        role=role,
                        since=max(first.since, second.since),
                        until=min(ends, default=None),
                        holders=(first.holder, second.holder),
                        sources=tuple(dict.fromkeys((*first.sources, *second.sources))),
                    )
                )
    return overlaps
