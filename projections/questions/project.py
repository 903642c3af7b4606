"""One project at a viewpoint: the fold over its stream, the very code that is the oracle (docs/decisions/0004)."""

from collections.abc import Sequence

from domain.errors import NotFound, NotKnownThen
from domain.fact import Stage
from domain.history import View
from domain.office.calendar import calendar_of
from domain.office.district import LABEL as DISTRICT
from domain.office.district import settings_of
from domain.office.gates import GatesInForce, gates_of
from domain.questions.around import ALONE, Around, around
from domain.questions.responsibilities import Responsibilities, responsibilities
from domain.questions.status import Status, status
from domain.questions.timeline import Timeline, timeline
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from domain.working_days import WorkCalendar
from store import shipped
from store.reading import Reading
from store.records import Records


class OneProject:
    def __init__(self, records: Records, reading: Reading) -> None:
        self._records = records
        self._reading = reading

    def view(self, code: str, viewpoint: Viewpoint) -> tuple[View, Settings]:
        """Raises NotFound for a project that is not in the ledger, NotKnownThen for one that came in later."""
        view, settings, _ = self._standing(code, viewpoint)
        return view, settings

    def several(self, codes: Sequence[str], viewpoint: Viewpoint) -> tuple[dict[str, View], Settings, GatesInForce]:
        """Several projects at once, under the settings and stage gates that were in force."""
        histories = self._records.histories([*codes, DISTRICT])
        district = histories[DISTRICT].at(Viewpoint(known=viewpoint.known))
        views = {code: histories[code].at(viewpoint) for code in codes}
        return views, settings_of(district), gates_of(district, shipped.gates())

    def _standing(self, code: str, viewpoint: Viewpoint) -> tuple[View, Settings, GatesInForce]:
        """The project with the settings and stage gates that were in force. Raises NotFound, NotKnownThen."""
        views, settings, gates = self.several([code], viewpoint)
        if not views[code].matters:
            raise NotKnownThen(code) if self._records.history(code).version else NotFound(code)
        return views[code], settings, gates

    def around(self, viewpoint: Viewpoint) -> Around:
        """Which units were dissolved, and who was found to be one person."""
        labels = self._reading.bearing()
        return around(self._records.histories(labels).values(), viewpoint) if labels else ALONE

    def status(self, code: str, viewpoint: Viewpoint) -> Status:
        return status(*self._standing(code, viewpoint), self.around(viewpoint))

    def timeline(self, code: str, viewpoint: Viewpoint) -> Timeline:
        return timeline(*self._standing(code, viewpoint), self.around(viewpoint))

    def responsibilities(
        self, code: str, viewpoint: Viewpoint, stage: Stage | None = None, role: str | None = None
    ) -> Responsibilities:
        return responsibilities(*self.view(code, viewpoint), stage, role, self.around(viewpoint))

    def settings(self, viewpoint: Viewpoint) -> Settings:
        """The district's settings as the ledger knew them."""
        return settings_of(self._records.history(DISTRICT).at(Viewpoint(known=viewpoint.known)))

    def gates(self, viewpoint: Viewpoint) -> GatesInForce:
        """The stage gates as the ledger knew them."""
        return gates_of(self._records.history(DISTRICT).at(Viewpoint(known=viewpoint.known)), shipped.gates())

    def calendar(self, viewpoint: Viewpoint) -> WorkCalendar:
        """The holiday arrangements adopted by the day asked for, as the ledger knew them; shipped ones for other years."""
        return calendar_of(self._records.history(DISTRICT).at(viewpoint), shipped.calendar())
