"""就业: jobs held, as at a day: a level, never summed over time."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from domain.command import StatesFact, stating
from domain.fact import JOBS, Fact, Kind, Line, Particulars


class Holding(Particulars):
    count: Annotated[int, Field(ge=0, le=10_000_000)]


class JobsHeld(Holding, Fact):
    """就业人数."""

    kind: ClassVar = Kind(100, "jobs_held")

    def lines(self) -> Iterator[Line]:
        yield Line(JOBS, "reported", self.count)


class ReportJobs(Holding, StatesFact):
    """Record how many jobs are held on a day."""


stating("jobs", ReportJobs, JobsHeld)
