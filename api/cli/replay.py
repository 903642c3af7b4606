"""`lifecycle replay CODE`: a project's whole record told to people, entry by entry, each with what it did."""

import argparse
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby

from api.asking import names_at
from api.cli import chinese, typed
from api.services import Services, services
from api.telling import IN_SHORT, Telling, in_short
from domain.questions.replay import Effect, Step
from projections.questions.viewpoints import Asked, Resolved
from store.settings import deployment


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("replay", help="重放一个项目的全部记录 / tell a project's record, entry by entry")
    parser.add_argument("code", help="项目代码 / the project's code")
    parser.add_argument("--on", help="情况截至（日期）/ the world up to this date")
    parser.add_argument("--known", help="按何时已报：日期、时间、@位置 / as known at a date, time or @position")
    parser.add_argument(
        "--from", dest="since", type=date.fromisoformat, help="只看此日起的记录 / what was recorded from this day"
    )
    parser.add_argument("--full", action="store_true", help="文字说明不截短 / do not shorten texts")
    parser.set_defaults(main=main)


def main(arguments: argparse.Namespace) -> int:
    """Raises NotFound, NotKnownThen, BadViewpoint."""
    with services(deployment(), size=2) as running:
        at = running.questions.resolve(Asked(arguments.on, arguments.known), folding=True)
        steps = running.questions.replay(arguments.code, at, 0, 2**31)
        running.security.note(typed("export", "replay", project=arguments.code, entries=len(steps)))
        telling = spoken(running, at, steps, full=arguments.full)
        try:
            for line in told(telling, arguments.code, at, steps, arguments.since):
                print(line)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read on (head, a pager) has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def spoken(running: Services, at: Resolved, steps: list[Step], *, full: bool) -> Telling:
    """In the user's language, with the names of everybody in these steps."""
    units, persons = set[str](), set[str]()
    for step in steps:
        units.add(step.unit)
        persons |= {p for p in (step.person, step.on_behalf_of, step.states.get("approver")) if isinstance(p, str)}
        for effect in (*step.moved, *step.meanwhile):
            for side in (effect.before, effect.after):
                for holder in holders(side.value if side else None):
                    units |= {holder["unit"]} if "unit" in holder else set()
                    persons |= {holder["person"]} if "person" in holder else set()
        if isinstance(authority := step.states.get("authority"), str):
            units.add(authority)
    names = names_at(running, at.viewpoint, persons, units)
    return Telling(
        "zh" if chinese() else "en",
        running.questions.project.settings(at.viewpoint),
        names["units"],
        names["persons"],
        min(shutil.get_terminal_size((100, 24)).columns, 110),
        1_000_000 if full else 240,
    )


def holders(value: object) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        yield from [value["holder"]] if "holder" in value else value.get("holders", ())


def told(telling: Telling, code: str, at: Resolved, steps: list[Step], since: date | None = None) -> Iterator[str]:
    """Heading, then what was recorded at each moment, and what fell due between."""
    shown = [s for s in steps if since is None or (s.recorded_at is not None and day_of(s) >= str(since))]
    yield from heading(telling, code, at, steps, shown)
    for _, of in groupby(shown, key=lambda s: (s.recorded_at, s.source.file, s.source.row, s.person)):
        moment = list(of)
        yield from passed(telling, moment[0])
        yield ""
        yield from recorded(telling, moment)


def day_of(step: Step) -> str:
    return str(step.day) if step.recorded_at is None else f"{step.recorded_at:%Y-%m-%d}"


def heading(telling: Telling, code: str, at: Resolved, steps: list[Step], shown: list[Step]) -> Iterator[str]:
    names = [e.after.value["value"] for s in steps for e in s.moved if e.figure == ("name",) and e.after is not None]
    yield f"{names[-1] if names else ''}  {code}".strip()
    if len(names) > 1:
        former = "、".join(names[:-1]) if telling.language == "zh" else ", ".join(names[:-1])
        yield telling.either(f"曾用名：{former}", f"formerly: {former}")
    yield from telling.lines(
        telling.either(
            f"共 {len(steps)} 条记录，{day_of(steps[0])} 至 {day_of(steps[-1])} 记入；"
            f"情况截至 {at.on}，按 @{at.position} 已报。",
            f"{len(steps)} entries, recorded from {day_of(steps[0])} to {day_of(steps[-1])};"
            f" the world up to {at.on}, as known at @{at.position}.",
        ),
        "",
        0,
    )
    yield from short(telling, steps)
    yield ""
    if len(shown) < len(steps):
        yield telling.either(f"以下为其中 {len(shown)} 条。", f"{len(shown)} of them follow.")
    yield from telling.lines(
        telling.either(
            "按记入先后：何时、由谁、据何记入，项目因此有何变化（原来 → 现在）。",
            "In the order recorded: when, by whom, from what; and what it changed in the project (before → after).",
        ),
        "",
        0,
    )


LINKS = 8
"""Of a longer course the first and the last readings are told."""


def short(telling: Telling, steps: list[Step]) -> Iterator[str]:
    """The course of the figures that matter most: each reading with the day it was recorded."""
    courses: dict[tuple[str, ...], list[str]] = {}
    labels: dict[tuple[str, ...], str] = {}
    for step in steps:
        for effect in (*step.meanwhile, *step.moved):
            if in_short(effect.figure):
                key = effect.figure[:2] if effect.figure[0] == "responsible" else effect.figure
                reads = telling.value(effect.figure, effect.after.value) if effect.after else telling.either("无", "none")
                course = courses.setdefault(key, [])
                if not course or course[-1].rpartition(" [")[0] != reads:
                    course.append(f"{reads} [{day_of(step)}]")
                labels[key] = telling.label(effect.figure)
    if courses:
        yield ""
        yield telling.either("概要（方括号内为记入日期）：", "In short (in brackets, the day it was recorded):")
    for key in sorted(courses, key=lambda k: IN_SHORT.index(k[0])):
        course = courses[key]
        if len(course) > LINKS:
            left = len(course) - LINKS + 1
            course = [*course[:3], telling.either(f"…（{left} 次）…", f"… ({left} more) …"), *course[-LINKS + 4 :]]
        yield from telling.lines(f"{labels[key]}{telling.either('：', ': ')}{' → '.join(course)}", "  ", 2)


def passed(telling: Telling, step: Step) -> Iterator[str]:
    said = [line for effect in step.meanwhile if (line := telling.effect(effect)) is not None]
    if said:
        yield ""
        yield telling.either(f"· 至 {step.day}，无人记录而自然发生：", f"· by {step.day}, with nobody recording anything:")
        for line in said:
            yield from telling.lines(line, "      ")


def recorded(telling: Telling, moment: list[Step]) -> Iterator[str]:
    """What one request recorded: its heading, then entry by entry what is different after all of it."""
    first, days = moment[0], {s.occurred_on for s in moment if s.occurred_on is not None}
    one_day = days.pop() if len(days) == 1 else None
    yield from telling.lines(stamp(telling, first, one_day), "■ ", 0)
    net = kept(moment)
    for step in moment:
        yield from entry(telling, step, [e for e in step.moved if id(e) in net], one_day)


def stamp(telling: Telling, step: Step, day: date | None) -> str:
    """When, by whom and from what."""
    when = (
        f"{step.recorded_at:%Y-%m-%d}" if step.stated or step.recorded_at is None else f"{step.recorded_at:%Y-%m-%d %H:%M}"
    )
    source = step.source
    if source.file is not None:
        row = "" if source.row is None else telling.either(f"第 {source.row} 行（列）", f", row {source.row}")
        by = telling.either(f"据 {source.file} {row}", f"from {source.file}{row}")
    else:
        who = (
            f"{telling.person(step.person)}，{step.post}"
            if telling.language == "zh"
            else f"{telling.person(step.person)}, {step.post}"
        )
        by = telling.either(f"{who}，{telling.unit(step.unit)}", f"{who}, {telling.unit(step.unit)}")
    parts = [when, by]
    if step.stated:
        parts.append(telling.either("台账启用前补录", "filled in before the ledger opened"))
    if step.returned_in:
        parts.append(telling.either(f"随月报 {step.returned_in}", f"in the monthly return {step.returned_in}"))
    if step.document:
        parts.append(telling.either(f"依据 {step.document}", f"under {step.document}"))
    if day is not None:
        parts.append(telling.either(f"情况截至 {day}", f"about {day}"))
    return telling.either("　", "  ").join(parts)


def kept(moment: list[Step]) -> set[int]:
    """The effects that are still there when all of the request is in: a gap that its next entry closes is none."""
    first: dict[tuple[str, ...], Effect] = {}
    last: dict[tuple[str, ...], Effect] = {}
    for step in moment:
        for effect in step.moved:
            first.setdefault(effect.figure, effect)
            last[effect.figure] = effect
    return {id(e) for path, e in last.items() if first[path].before != e.after}


def entry(telling: Telling, step: Step, moved: list[Effect], one_day: date | None) -> Iterator[str]:
    yield from telling.lines(title(telling, step, one_day), f"  #{step.number} ", 0)
    doubled = {e.figure[:-1] for e in moved if e.figure[-1] == "in_force"}
    for effect in moved:
        original = effect.figure[-1] == "original" and effect.figure[:-1] in doubled
        line = None if original else telling.effect(effect)
        if line is not None:
            yield from telling.lines(line, "      ")
        if effect.figure == ("light",) and effect.after is not None:
            if line is None:
                yield telling.either("      自评未变：", "      the unit's own light is as it was: ") + telling.value(
                    ("light",), effect.after.value
                )
            yield from remarks(telling, effect)
    for mark in step.irregular:
        rule = telling.word("rules", mark.rule)
        yield from telling.lines(
            telling.either(
                f"记录时不合常规：{rule}；理由：{mark.reason}", f"irregular when recorded: {rule}; reason: {mark.reason}"
            ),
            "      ",
        )


def title(telling: Telling, step: Step, one_day: date | None) -> str:
    said = telling.word("kinds", step.kind)
    if step.decides:
        said += telling.either(f" {step.decides} 的申请", f": the proposal {step.decides}")
    if step.about:
        said += telling.either(f"（关于 {step.about}）", f" (about {step.about})")
    if one_day is None and step.occurred_on is not None:
        said += f" {step.occurred_on}"
    if not step.in_sight:
        said += telling.either("（届时生效）", " (takes effect on its day)")
    more = [part for part in (telling.details(step), step.reason) if part]
    return said + (telling.either("：", ": ") + telling.either("；", "; ").join(more) if more else "")


def remarks(telling: Telling, effect: Effect) -> Iterable[str]:
    """The unit's own words, those that were not said before."""
    before = {r["about"]: r["text"] for r in effect.before.value.get("remarks", ())} if effect.before else {}
    for remark in effect.after.value.get("remarks", ()) if effect.after else ():
        if remark["text"] != before.get(remark["about"]):
            text = remark["text"] if isinstance(remark["text"], str) else telling.value(("remark",), remark["text"])
            yield from telling.lines(f"{remark['about']}{telling.either('：', ': ')}“{telling.short(text)}”", "      ")
