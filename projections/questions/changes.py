"""What changed in one project between two viewpoints, and its whole record entry by entry: folds over its stream."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from domain.errors import NotFound, NotKnownThen
from domain.history import History
from domain.office.district import LABEL as DISTRICT
from domain.office.district import settings_of
from domain.office.gates import gates_of
from domain.questions.around import ALONE, around
from domain.questions.changes import At, Between, Changes, changes
from domain.questions.replay import Step, replay
from domain.viewpoint import Viewpoint
from store import shipped
from store.reading import Reading
from store.records import Records


class Streams(NamedTuple):
    """Whole streams, and which of them bear on projects."""

    records: Records
    reading: Reading


def project_changes(streams: Streams, code: str, before: Viewpoint, after: Viewpoint) -> Changes:
    """Raises NotFound for a project that is in the ledger at neither viewpoint."""
    _, at = _standing(streams, [code])
    one, two = at(code, before), at(code, after)
    if not one.view.matters and not two.view.matters:
        raise NotFound(code)
    return changes(one, two)


def project_replay(streams: Streams, code: str, viewpoint: Viewpoint, after: int, limit: int) -> list[Step]:
    """Raises NotFound, NotKnownThen."""
    histories, at = _standing(streams, [code])
    if not at(code, viewpoint).view.matters:
        raise NotKnownThen(code) if histories[code].version else NotFound(code)
    return replay(histories[code], partial(at, code), viewpoint, after, limit)


def projects_between(streams: Streams, codes: Iterable[str], before: Viewpoint, after: Viewpoint) -> dict[str, Between]:
    """Several projects between two viewpoints, by code."""
    wanted = sorted(codes)
    _, at = _standing(streams, wanted)
    return {code: Between(at(code, before), at(code, after)) for code in wanted}


def _standing(streams: Streams, codes: Sequence[str]) -> tuple[dict[str, History], Callable[[str, Viewpoint], At]]:
    """Projects' streams, and how each stands at any viewpoint, with what other streams had settled by then."""
    bearing = streams.reading.bearing()
    histories, table = streams.records.histories([*codes, DISTRICT, *bearing]), shipped.gates()
    others = [histories[label] for label in bearing]

    def at(code: str, viewpoint: Viewpoint) -> At:
        district = histories[DISTRICT].at(Viewpoint(known=viewpoint.known))
        return At(
            histories[code].at(viewpoint),
            settings_of(district),
            gates_of(district, table),
            district,
            around(others, viewpoint) if others else ALONE,
            tuple(other.at(viewpoint) for other in others),
        )

    return histories, at
