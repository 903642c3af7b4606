"""What a district may set for itself; each adoption is an entry, and the words of its scales are data."""

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
