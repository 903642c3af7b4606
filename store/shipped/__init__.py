"""What the program brings for a district that has adopted nothing of its own; data, not code."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from operator import itemgetter
from pathlib import Path

from pydantic_core import to_json

from domain.office.gates import Gates
from domain.working_days import ArrangedDay, Arrangement


@cache
def gates() -> Gates:
    """阶段关口: what is expected from which stage on, drawn from published rules."""
    return read_gates(Path(__file__).with_name("gates.toml").read_text("utf-8"))


def read_gates(text: str) -> Gates:
    """A table written as TOML. Raises TOMLDecodeError, and pydantic's ValidationError where it says something else."""
    return Gates.model_validate_json(to_json(tomllib.loads(text)))


@cache
def calendar() -> Mapping[int, Arrangement]:
    """放假安排: the State Council's arrangements by year, as far as the library knows them (decision 0024)."""
    from chinese_calendar.constants import Holiday, holidays, workdays  # not at every start of a command

    arranged = [
        *((day, ArrangedDay(day=day, sort="off", name=Holiday(name).chinese)) for day, name in holidays.items()),
        *((day, ArrangedDay(day=day, sort="worked", name=Holiday(name).chinese)) for day, name in workdays.items()),
    ]
    arranged.sort(key=itemgetter(0))
    source = f"chinesecalendar {version('chinesecalendar')}"
    return {
        year: Arrangement(year, "shipped", source, tuple(one for day, one in arranged if day.year == year))
        for year in {day.year for day in holidays}
    }
