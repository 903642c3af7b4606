"""履历 as pages show it: what a person or a unit held and did, shaped from what GET …/record answers."""

from datetime import date
from itertools import groupby
from typing import Any

from markupsafe import Markup

from api.locale import texts
from api.pages.asking import Told
from api.pages.drawing.lanes import Held, Role, Words, lanes
from api.pages.visit import Visit, today
from api.pages.wording import noted
from api.pages.writing import Writing

DEEDS = {
    "recorded": noted("记录事实"),
    "submitted": noted("报送月报"),
    "proposed": noted("申请更正、作废或恢复"),
    "put_right": noted("受理前自行更正或作废"),
    "recognised": noted("认定"),
    "evidence": noted("附上或撤下佐证"),
}
"""What somebody did, where it is more than one kind of entry; any other is called by its kind."""
MOST_LANES = 40
A_PAGE = 25


async def record_of(visit: Visit, path: str, cursor: int) -> dict[str, Any] | None:
    """None where the reader may not have it: it is told to themselves, and to whoever reads everything."""
    try:
        answer: dict[str, Any] = await visit.ask(f"{path}/record", cursor=cursor, limit=A_PAGE)
    except Told as told:
        if told.status != 404:
            raise
        return None
    return answer


class Shown:
    """A record's figures and words, for templates/record.html."""

    def __init__(self, visit: Visit, answer: dict[str, Any], whose: str) -> None:
        self.record, self.next = answer["record"], answer["next"]
        self.deeds = DEEDS
        self.on = date.fromisoformat(answer["viewpoint"]["on"])
        self._visit, self._words, self._writing = visit, texts(visit.language), Writing(visit.language)
        roles, say = self._roles(), visit.say
        self.left_out = max(0, len(roles) - MOST_LANES)
        self.picture: Markup | None = None
        if roles:
            told = say("每行为一个项目中的一个角色；空档与交叉以斜纹标出，竖线为视角日期；下方列表内容相同。")
            legend = (say("在任"), say("责任空档"), say("职责交叉"))
            words = Words(say("{whose}的任责情况", whose=whose), told, say("本页视角"), say("今天"), *legend)
            self.picture = lanes("swim", roles[:MOST_LANES], self.on, today(), words)

    def by_project(self) -> dict[str, list[dict[str, Any]]]:
        """What was held, in the order of the picture."""
        return {project: list(group) for project, group in groupby(self._ordered(), key=lambda h: h["project"])}

    def _roles(self) -> list[Role]:
        return [
            Role(
                self._words["roles"].get(role, role),
                self._bars(project, role, tenures),
                group=self.named(project, tenures[0]["name"]),
            )
            for (project, role), group in groupby(self._ordered(), key=lambda h: (h["project"], h["role"]))
            if (tenures := list(group))
        ]

    def _ordered(self) -> list[dict[str, Any]]:
        """By project: those in which something is held now first."""
        held = self.record["held"]
        now = {one["project"] for one in held if one["until"] is None}
        return sorted(held, key=lambda h: (h["project"] not in now, h["project"], h["role"], h["since"]))

    def _bars(self, project: str, role: str, tenures: list[dict[str, Any]]) -> list[Held]:
        bars = [self._bar("held", one, self.holder(one["holder"])) for one in tenures]
        for sort, word in (("gaps", self._visit.say("责任空档")), ("overlaps", self._visit.say("职责交叉"))):
            spans = [s for s in self.record[sort] if s["project"] == project and s["role"] == role]
            bars += [self._bar("gap" if sort == "gaps" else "overlap", span, word) for span in spans]
        return bars

    def _bar(self, sort: str, span: dict[str, Any], label: str) -> Held:
        until = None if span["until"] is None else date.fromisoformat(span["until"])
        said = f"{label} {self.span(span['since'], span['until'])}"
        return Held(date.fromisoformat(span["since"]), until, label if sort == "held" else "", said, sort=sort)

    def span(self, since: str, until: str | None) -> str:
        """Until the day before it ended; open ones say so."""
        if until is None:
            return self._visit.say("{since}起", since=self._writing.day(since))
        return self._visit.say("{since}至{until}", since=self._writing.day(since), until=self._writing.day(until))

    def holder(self, holder: dict[str, Any]) -> str:
        """Who, in which post of which unit; a body outside the district by its name."""
        if holder["outside"]:
            return str(holder["outside"])
        parts = [self._visit.person(holder["person"])] if holder["person"] else []
        parts += [self._visit.unit(holder["unit"])] if holder["unit"] else []
        parts += [holder["post"]] if holder["post"] else []
        return " · ".join(parts)

    @staticmethod
    def named(code: str, name: str | None) -> str:
        return f"{name} {code}" if name else code
