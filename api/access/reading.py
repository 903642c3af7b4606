"""Which entries somebody may read: what they may not is answered as what is not there (docs/decisions/0019)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Depends

from api.access.doors import By, Running
from api.services import Services
from domain.command import Action
from domain.entry import SHANGHAI, Actor
from domain.errors import NotFound
from domain.permissions import allows, own, readable
from domain.viewpoint import EVERYTHING
from store.mapper import decode
from store.recorder import Row


class Reading:
    """What the relations of this moment let the actor read; streams are looked at once each."""

    def __init__(self, services: Services, by: Actor) -> None:
        self._services = services
        self._by = by
        self.everything = allows(by.role, Action.ENTRIES)
        """Whether no stream need be looked at."""
        self._known: dict[str, bool] = {}

    def whole(self, labels: Iterable[str]) -> frozenset[str]:
        """Those of these streams that the actor may read whole."""
        asked = frozenset(labels)
        if self.everything:
            return asked
        new = [label for label in asked if label not in self._known]
        if new:
            records = self._services.ledger.records
            settings = self._services.questions.project.settings(EVERYTHING)
            today = datetime.now(SHANGHAI).date()
            for label, history in records.histories(new).items():
                self._known[label] = readable(self._by, history, records.history, today, settings) == "whole"
        return frozenset(label for label in asked if self._known[label])

    def require(self, label: str, named: str | None = None) -> None:
        """Raises NotFound, as for a stream that is not there (`named`: as the question names it)."""
        if label not in self.whole([label]):
            raise NotFound(label if named is None else named)

    def rows(self, rows: Sequence[Row]) -> list[Row]:
        """Those that the actor may read: of streams read whole, and what the own unit recorded."""
        if self.everything:
            return list(rows)
        whole = self.whole(row.label for row in rows)
        return [row for row in rows if row.label in whole or own(self._by, decode(row))]

    def of_unit(self, unit: str) -> bool:
        """Whether a unit's returns, statements and drafts are the actor's to read."""
        return self.everything or self._by.unit == unit

    def any_of(self, labels: Collection[str]) -> bool:
        return bool(self.whole(labels))


async def _reading(services: Running, by: By) -> Reading:
    return Reading(services, by)


Reads = Annotated[Reading, Depends(_reading)]
