"""目标任务 and 剔除（免责）: a year's targets with what came of them, and the exemptions of a unit."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response

from api.access.doors import Running, router
from api.asking import READS, Answer, At, answer
from domain.errors import NotFound
from domain.exempting import exemptions
from domain.fact import AUTHORITIES, MEASURES
from domain.office.targets import PREFIX, YearCode, year_of
from domain.questions.exemptions import ExemptionNow, exemption_now
from domain.questions.targets import Achieved, TargetNow, Targets, Year, targets_now
from domain.values import UnitCode
from projections.questions.viewpoints import Resolved

made: APIRouter = router(tags=["questions"])
Code = Annotated[YearCode, Path(max_length=10)]


class TargetsAnswer(Answer):
    targets: Targets


class ExemptionsAnswer(Answer):
    exemptions: list[ExemptionNow]


@made.get("/targets/{code}", response_model=TargetsAnswer, operation_id="year_targets", openapi_extra=READS)
def year_targets(
    services: Running, at: At, code: Code, unit: Annotated[str | None, Query(max_length=64)] = None
) -> Response:
    """Each target: original, in force, due by `on`, achieved in each 口径, and the ratio; a forecast stands apart."""
    view = services.ledger.records.history(PREFIX + code).at(at.viewpoint)
    if not view.matters:
        raise NotFound(code)
    settings = services.questions.project.settings(at.viewpoint)
    year = year_of(view)
    of = services.questions.reckoned(at, year, settings)
    units, exempt = services.questions.units(at), services.questions.exempt_projects(at)
    found = targets_now(view, of, units, exempt, settings, unit)
    linked = [_linked(target, Year(year, at.on), at) for target in found.targets]
    whole = found.model_copy(update={"targets": tuple(linked)})
    return answer(services, at, {"targets": whole.model_dump(mode="json")})


def _linked(target: TargetNow, year: Year, at: Resolved) -> TargetNow:
    """Every sum with the address that lists its facts; counts name theirs themselves."""
    update: dict[str, Achieved] = {}
    for authority in AUTHORITIES if target.indicator in MEASURES else ():
        achieved: Achieved | None = getattr(target, authority)
        if achieved is not None:
            link = (
                f"/portfolio/sources?on={year.end}&known=@{at.position}&by=unit&role=lead&attribute=then"
                f"&measure={target.indicator}&authority={authority}&group={quote(target.unit)}&since={year.first}"
            )
            update[authority] = achieved.model_copy(update={"link": link})
    return target.model_copy(update=update)


@made.get("/units/{code}/exemptions", response_model=ExemptionsAnswer, operation_id="unit_exemptions", openapi_extra=READS)
def unit_exemptions(services: Running, at: At, code: Annotated[UnitCode, Path(max_length=64)]) -> Response:
    """Every exemption of a unit that stands at the viewpoint, those that are over included."""
    view = services.ledger.records.history(f"unit:{code}").at(at.viewpoint)
    if not view.matters:
        raise NotFound(code)
    return answer(services, at, {"exemptions": [exemption_now(e).model_dump(mode="json") for e in exemptions(view)]})
