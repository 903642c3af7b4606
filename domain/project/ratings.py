"""自评: a unit's own light on its project, in the words of the district's scale, with its remarks."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from domain.command import StatesFact, stating
from domain.errors import Refused
from domain.fact import Fact, Kind, Others, Particulars
from domain.settings import Settings
from domain.values import Blank, Frozen, Line, Prose, Word


class UnknownLight(Refused):
    """This word is not in the district's scale of lights; the settings list the words."""

    zh = "该词不在本区亮灯用词之列，请见设置。"
    sort = "invalid"


class Remark(Frozen):
    """What the unit says about one matter: the rating itself, schedule, cost …"""

    about: Line
    text: Prose | Blank


class Rating(Particulars):
    light: Word | Blank | None = None
    remarks: Annotated[tuple[Remark, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.light is None and not self.remarks:
            raise ValueError("a light or a remark is wanted / 请填写亮灯或说明")
        return self


class SelfRated(Rating, Fact):
    """自评亮灯."""

    kind: ClassVar = Kind(140, "self_rated")

    def check(self, others: Others, settings: Settings) -> None:
        if isinstance(self.light, str) and self.light not in {light.word for light in settings.lights}:
            raise UnknownLight(self.light, pointer="/light")


class RateProject(Rating, StatesFact):
    """Record a unit's own light."""


stating("ratings", RateProject, SelfRated)
