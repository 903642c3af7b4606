"""What a district may set for itself; each adoption is an entry, and the words of its scales are data."""

import calendar
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from domain.values import Currency, Frozen, Line, UnitCode, Word

Lands = Literal["land_paid", "lease_signed", "land_contract_signed"]


class Light(Frozen):
    """One word of the scale a unit rates itself by (自评); `rank` orders from best (0) to worst."""

    word: Word
    zh: Line
    en: Line
    rank: int


class Ground(Frozen):
    """One word of the district's list of grounds for exemptions."""

    word: Word
    zh: Line
    en: Line


MonthDay = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
"""A day of every year, such as 11-01; of February the last where it has no such day."""


def day_of(year: int, day: MonthDay) -> date:
    month, number = int(day[:2]), int(day[3:])
    return date(year, month, min(number, calendar.monthrange(year, month)[1]))


class TargetWindow(Frozen):
    """When a year's targets may be issued and adjusted, by the day of the act; all days included."""

    issue_from: MonthDay = "01-01"
    issue_from_year_before: bool = True
    """Whether `issue_from` is a day of the year before, or of the year itself."""
    issue_until: MonthDay = "12-31"
    adjust_until: MonthDay = "12-31"

    def issuing(self, year: int) -> tuple[date, date]:
        return day_of(year - self.issue_from_year_before, self.issue_from), day_of(year, self.issue_until)

    def adjusting(self, year: int) -> tuple[date, date]:
        return self.issuing(year)[0], day_of(year, self.adjust_until)


class Settings(Frozen):
    """Stated whole at each adoption. Defaults are those of a district that has adopted nothing."""

    label: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,7}$")] = "XM"
    """The deployment's label in project codes: LABEL-year-number."""
    name: Line = "重大项目全程账"
    currency: Currency = "CNY"
    lights: tuple[Light, ...] = (
        Light(word="green", zh="绿灯", en="green", rank=0),
        Light(word="yellow", zh="黄灯", en="yellow", rank=1),
        Light(word="red", zh="红灯", en="red", rank=2),
    )
    lands_on: tuple[Lands, ...] = ("land_paid", "lease_signed")
    """口径 of 落地: which ways of securing land count as landed."""
    approval_by_other_unit: bool = False
    """Whether who approves must also belong to another unit than who asked."""
    plan_backdating_days: int = 31
    """A plan adopted longer before it is recorded is back-dated."""
    single_holder_roles: tuple[Word, ...] = (
        "principal_leader",
        "lead_unit",
        "project_officer",
        "sponsoring_leader",
        "deputy_leader",
        "introducing_unit",
        "hosting_unit",
        "project_owner",
    )
    """Roles that one holder has at a time; two at once are an overlap (职责交叉)."""
    required_roles: tuple[Word, ...] = ("lead_unit",)
    """Roles whose absence is a gap (责任空档) from the day the project is entered."""
    recognising: dict[Word, Annotated[tuple[UnitCode, ...], Field(min_length=1, max_length=10)]] = {}
    """认定部门: the bureaus that recognise each measure; the first one's verdicts are the headline (认定数), the others'
    stand beside it. A measure not named here is recognised by whichever authority judged last."""
    returns_need_signature: bool = True
    """Whether a return is accepted only after another person of the unit signed it (签发)."""
    reconciliation_days: Annotated[int, Field(ge=1, le=366)] = 5
    """Days, counted from the day after the reconciliation is opened, in which a unit confirms or objects."""
    silence: Literal["confirms", "stays_open"] = "confirms"
    """What it means when a unit has said nothing by then."""
    exemption_grounds: tuple[Ground, ...] = (
        Ground(word="force_majeure", zh="不可抗力", en="force majeure"),
        Ground(word="policy", zh="政策调整", en="change of policy"),
        Ground(word="planning", zh="规划调整", en="change of plans for the area"),
        Ground(word="land", zh="用地要素制约", en="land not available"),
        Ground(word="public_project", zh="上级工程影响", en="works of a higher authority"),
        Ground(word="other", zh="其他", en="other"),
    )
    """The words for why something is left out of reckoning (剔除、免责事由); every exemption adds its own text."""
    target_window: TargetWindow = TargetWindow()
    days_are: Literal["natural", "working"] = "natural"
    """Whether the days in which a unit answers (reconciliation_days) are natural or working days (自然日、工作日).

    All others stay natural: what a rule reckons at every viewpoint must not change because a calendar is loaded later."""
