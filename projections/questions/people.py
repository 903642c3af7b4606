"""What people and units hold: the read model tells in which projects to look, the fold over each tells what."""

from collections.abc import Mapping

from psycopg import Connection

from domain.history import History
from domain.questions.responsibilities import HeldRole, held_roles
from domain.values import Frozen
from domain.viewpoint import Viewpoint

NAMING = """
SELECT DISTINCT p.code FROM fact f JOIN project p ON p.id = f.project
WHERE f.role IS NOT NULL AND f.kind = ANY('{10,11,12,13}') AND f.known_from <= %(known)s AND %(known)s < f.known_to
  AND (f.person = (SELECT id FROM term WHERE text = %(person)s) OR f.unit = (SELECT id FROM term WHERE text = %(unit)s))
ORDER BY p.code
"""


class Held(Frozen):
    """A role on a project that is held on the day of the viewpoint."""

    project: str
    held: HeldRole


def naming(connection: Connection, viewpoint: Viewpoint, *, person: str | None, unit: str | None) -> list[str]:
    """The projects whose responsibilities ever name the person, or the unit."""
    asked = {"known": viewpoint.known, "person": person, "unit": unit}
    return [row[0] for row in connection.execute(NAMING, asked)]


def held(histories: Mapping[str, History], viewpoint: Viewpoint, *, person: str | None, unit: str | None) -> list[Held]:
    """What the person, or the unit, holds at the viewpoint, by project and role."""
    return [
        Held(project=code, held=role)
        for code, history in histories.items()
        for role in held_roles(history.at(viewpoint))
        if role.covers(viewpoint.on)
        and ((person is not None and role.holder.person == person) or (unit is not None and role.holder.unit == unit))
    ]
