"""现状: where one project stands at a viewpoint, and which entries say so."""

from datetime import date
from typing import Literal

from domain.exempting import exemptions
from domain.fact import MEASURES, Fact, Stage
from domain.history import Standing, View
from domain.office.gates import NO_GATES, GatesInForce
from domain.project.classes import classes
from domain.project.intake import Code
from domain.project.listings import lists
from domain.project.ratings import Remark, SelfRated
from domain.project.statistics import EnteredStatistics
from domain.questions.answers import Figure, Said, Sourced, figure, sources
from domain.questions.around import ALONE, Around, HolderDissolved, holders_dissolved
from domain.questions.attributes import attribute
from domain.questions.evidence import FactEvidence, evidence_in
from domain.questions.exemptions import Clock, ExemptionNow, exemption_now
from domain.questions.gates import GatesNow, gates_now
from domain.questions.irregularities import irregularities
from domain.questions.measures import bureau_totals, totals
from domain.questions.planning import (
    Forecast,
    PeriodPlan,
    PlanField,
    clock_of,
    forecasts,
    overdue,
    period_plans,
    plan_fields,
)
from domain.questions.recognition import judged_figures
from domain.questions.responsibilities import HeldRole, Span, gaps_and_overlaps, held_roles
from domain.questions.stages import ending_of, pause_of, stage_of
from domain.settings import Settings
from domain.values import Frozen


class StageNow(Sourced):
    stage: Stage
    since: date


class State(Sourced):
    """An ending or a pause, in force since a day."""

    how: str
    since: date
    because: str | None = None


class BureauFigure(Frozen):
    """What one bureau recognises, beside the headline."""

    bureau: str
    figure: Figure


class MeasureNow(Frozen):
    """One measure in its three 口径: 调度数, 认定数, 统计数; absent where nobody stated one.

    `recognised` is the headline authority's; `bureaus` lists every authority's own. The other fields cite facts.
    """

    measure: str
    unit: Literal["money", "count", "percent"]
    sort: Literal["flow", "level"]
    reported: Figure | None = None
    recognised: Figure | None = None
    statistical: Figure | None = None
    bureaus: tuple[BureauFigure, ...] = ()
    not_judged: tuple[str, ...] = ()
    """Reported, and the headline authority has not said anything yet (未认定)."""
    not_recognised: tuple[str, ...] = ()
    """不予认定; the timeline gives the reasons."""
    judge_again: tuple[str, ...] = ()
    """Corrected after it was recognised (须重新认定)."""
    disputed: tuple[str, ...] = ()
    """Authorities recognise different amounts (认定不一致)."""


class ClassOfYear(Sourced):
    """年度分类: new_start 新开工, continuing 续建, completion 竣工, preparatory 预备."""

    year: int
    yearly_class: str
    stated_on: date
    document: str | None


class LightNow(Sourced):
    """自评: the unit's own light as at a day; blank in the ways blanks are."""

    light: str | None = None
    blank: Literal["withheld", "none_provided"] | None = None
    note: str | None = None
    as_at: date
    remarks: tuple[Remark, ...] = ()


class MarkNow(Sourced):
    """应开未开 not_started_when_due, completion_overdue, 停工 paused, 责任空档 unowned, irregular …"""

    mark: str
    since: date | None = None
    clock: Clock | None = None
    """Of a mark about a due date: how the clock runs, exempt days left out; the mark itself stays visible."""
    exempted: tuple[str, ...] = ()
    """Citations of the exemptions that cover the mark: of all its days, not one counts."""


class Status(Frozen):
    """At the viewpoint. Before the project was entered `stage` is null and everything else is empty."""

    code: str
    name: Said | None
    name_en: Said | None
    category: Said | None
    industry: Said | None
    investor: Said | None
    description: Said | None
    codes: tuple[Code, ...]
    stage: StageNow | None
    ending: State | None
    paused: State | None
    in_statistics: Said | None
    lists: tuple[Said, ...]
    light: LightNow | None
    marks: tuple[MarkNow, ...]
    measures: tuple[MeasureNow, ...]
    plan: tuple[PlanField, ...]
    period_plans: tuple[PeriodPlan, ...]
    forecasts: tuple[Forecast, ...]
    responsible: tuple[HeldRole, ...]
    gaps: tuple[Span, ...]
    overlaps: tuple[Span, ...]
    entries: int
    """How many entries of the stream the ledger knew."""
    awaiting_decision: tuple[str, ...]
    """Citations of proposals nobody has decided yet."""
    yearly_classes: tuple[ClassOfYear, ...]
    exemptions: tuple[ExemptionNow, ...]
    """剔除（免责）: all that stand at the viewpoint, those that are over included."""
    gates: GatesNow
    """What the stages reached expect and the project lacks."""
    evidence: tuple[FactEvidence, ...]
    """The files that speak for the facts in force."""
    dissolved: tuple[HolderDissolved, ...]
    """责任单位已撤销: the roles that a unit holds which is no more."""


def status(view: View, settings: Settings, gates: GatesInForce = NO_GATES, around: Around = ALONE) -> Status:
    """Answer for one project."""
    stage = stage_of(view)
    ending, pause = ending_of(view), pause_of(view)
    codes = attribute(view, "codes")
    gaps, overlaps = gaps_and_overlaps(view, settings)
    today = view.viewpoint.on
    return Status(
        code=view.label,
        **{name: _said(view, name) for name in ("name", "name_en", "category", "industry", "investor", "description")},
        codes=codes[0] if codes else (),  # type: ignore[arg-type]  # an attribute's value is of its own field's type
        stage=StageNow(stage=stage.stage, since=stage.since, sources=stage.by.sources) if stage else None,
        ending=_state(ending),
        paused=_state(pause),
        in_statistics=_in_statistics(view),
        lists=tuple(
            Said(value=name, since=s.fact.occurred_on, sources=s.sources) for name, s in sorted(lists(view).items())
        ),
        light=light(view),
        marks=tuple(_marks(view, settings, gates, gaps, around)),
        measures=tuple(_measures(view, settings)),
        plan=tuple(plan_fields(view, settings)),
        period_plans=tuple(period_plans(view, settings)),
        forecasts=tuple(forecasts(view)),
        responsible=tuple(h for h in held_roles(view) if h.covers(today)),
        gaps=gaps,
        overlaps=overlaps,
        entries=view.last,
        awaiting_decision=tuple(entry.citation for entry, _ in view.pending()),
        yearly_classes=tuple(_classes(view)),
        exemptions=tuple(exemption_now(e) for e in exemptions(view)),
        gates=gates_now(view, gates),
        evidence=evidence_in(view),
        dissolved=holders_dissolved(view, around),
    )


def _said(view: View, name: str) -> Said | None:
    found = attribute(view, name)
    if found is None:
        return None
    return Said(value=str(found[0]), since=found[1].fact.occurred_on, sources=found[1].sources)


def _state(standing: Standing[Fact] | None) -> State | None:
    if standing is None:
        return None
    fact = standing.fact
    return State(
        how=getattr(fact, "how", "paused"),
        since=fact.occurred_on,
        because=getattr(fact, "because", None),
        sources=standing.sources,
    )


def _in_statistics(view: View) -> Said | None:
    entered = view.of(EnteredStatistics)
    if not entered:
        return None
    first = entered[0]
    return Said(value=first.fact.register_code or "yes", since=first.fact.occurred_on, sources=first.sources)


def light(view: View) -> LightNow | None:
    """The unit's own light, as last stated."""
    rated = [s for s in view.of(SelfRated) if s.fact.light is not None]
    if not rated:
        return None
    standing = rated[-1]
    stated = standing.fact.light
    blank = None if isinstance(stated, str | None) else stated.blank
    note = None if isinstance(stated, str) else getattr(stated, "reason", None) or getattr(stated, "note", None)
    return LightNow(
        light=stated if isinstance(stated, str) else None,
        blank=blank,
        note=note,
        as_at=standing.fact.occurred_on,
        remarks=standing.fact.remarks,
        sources=standing.sources,
    )


def _classes(view: View) -> list[ClassOfYear]:
    return [
        ClassOfYear(
            year=year,
            yearly_class=s.fact.yearly_class,
            stated_on=s.fact.occurred_on,
            document=s.wording.envelope.document,
            sources=s.sources,
        )
        for year, s in classes(view).items()
    ]


def _marks(view: View, settings: Settings, gates: GatesInForce, gaps: tuple[Span, ...], around: Around) -> list[MarkNow]:
    marks: list[MarkNow] = []
    if ending_of(view) is None:
        for mark, field, due, act in overdue(view):
            runs = clock_of(view, field)
            exempted = runs.exempted if runs is not None and runs.exempt else ()
            marks.append(MarkNow(mark=mark, since=due, clock=runs, exempted=exempted, sources=act.sources))
        for gap in gaps:
            if gap.until is None:
                marks.append(MarkNow(mark="unowned", since=gap.since, sources=()))
        for held in holders_dissolved(view, around):
            marks.append(MarkNow(mark="holder_dissolved", since=held.since, sources=held.sources))
    pause = pause_of(view)
    if pause is not None:
        marks.append(MarkNow(mark="paused", since=pause.fact.occurred_on, sources=pause.sources))
    irregular = {m.number for m in irregularities(view, settings, gates, around)}
    if irregular:
        odd = [s for s in view.facts if s.number in irregular]
        odd += [view.matters[n].current for n in sorted(irregular - {s.number for s in odd})]  # annulled, and marked for it
        marks.append(MarkNow(mark="irregular", sources=sources(odd)))
    return marks


def _measures(view: View, settings: Settings) -> list[MeasureNow]:
    found: dict[str, dict[str, Figure]] = {}
    for total in totals(view, settings):
        made = figure(total.measure, total.amount, settings.currency, total.sources)
        found.setdefault(total.measure.name, {})[total.authority] = made
    bureaus: dict[str, list[BureauFigure]] = {}
    for each in bureau_totals(view):
        made = figure(each.measure, each.amount, settings.currency, each.sources)
        bureaus.setdefault(each.measure.name, []).append(BureauFigure(bureau=each.bureau, figure=made))
    judged = [(s.original.citation, j) for s in view.facts for j in judged_figures(view.matters[s.number], settings)]
    return [
        MeasureNow(
            measure=name,
            unit=MEASURES[name].unit,
            sort=MEASURES[name].sort,
            reported=found.get(name, {}).get("reported"),
            recognised=found.get(name, {}).get("recognised"),
            statistical=found.get(name, {}).get("statistical"),
            bureaus=tuple(bureaus.get(name, ())),
            not_judged=tuple(c for c, j in judged if j.measure == name and j.state == "not_judged"),
            not_recognised=tuple(c for c, j in judged if j.measure == name and j.state == "not_recognised"),
            judge_again=tuple(c for c, j in judged if j.measure == name and j.judge_again),
            disputed=tuple(c for c, j in judged if j.measure == name and j.disputed),
        )
        for name in MEASURES
        if name in found or name in bureaus
    ]
