"""One project at a viewpoint: the fold over its stream, the very code that is the oracle (docs/decisions/0004)."""

from domain.errors import NotFound, NotKnownThen
from domain.fact import Stage
from domain.history import View
from domain.office.district import LABEL as DISTRICT
from domain.office.district import settings_of
from domain.office.gates import GatesInForce, gates_of
from domain.questions.responsibilities import Responsibilities, responsibilities
from domain.questions.status import Status, status
from domain.questions.timeline import Timeline, timeline
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from store import shipped
from store.records import Records


class OneProject:
    def __init__(self, records: Records) -> None:
        self._records = records

    def view(self, code: str, viewpoint: Viewpoint) -> tuple[View, Settings]:
        """Raises NotFound for a project that is not in the ledger, NotKnownThen for one that came in later."""
        view, settings, _ = self._standing(code, viewpoint)
        return view, settings

    def _standing(self, code: str, viewpoint: Viewpoint) -> tuple[View, Settings, GatesInForce]:
        """The project with the settings and stage gates that were in force. Raises NotFound, NotKnownThen."""
        histories = self._records.histories([code, DISTRICT])
        view = histories[code].at(viewpoint)
        if not view.matters:
            raise NotKnownThen(code) if histories[code].version else NotFound(code)
        district = histories[DISTRICT].at(Viewpoint(known=viewpoint.known))
        return view, settings_of(district), gates_of(district, shipped.gates())

    def status(self, code: str, viewpoint: Viewpoint) -> Status:
        return status(*self._standing(code, viewpoint))

    def timeline(self, code: str, viewpoint: Viewpoint) -> Timeline:
        return timeline(*self._standing(code, viewpoint))

    def responsibilities(
        self, code: str, viewpoint: Viewpoint, stage: Stage | None = None, role: str | None = None
    ) -> Responsibilities:
        return responsibilities(*self.view(code, viewpoint), stage, role)

    def settings(self, viewpoint: Viewpoint) -> Settings:
        """The district's settings as the ledger knew them."""
        return settings_of(self._records.history(DISTRICT).at(Viewpoint(known=viewpoint.known)))

    def gates(self, viewpoint: Viewpoint) -> GatesInForce:
        """The stage gates as the ledger knew them."""
        return gates_of(self._records.history(DISTRICT).at(Viewpoint(known=viewpoint.known)), shipped.gates())
