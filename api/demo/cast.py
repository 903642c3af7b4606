"""Who acts: people of every unit, under references and names that nobody could take for real."""

from dataclasses import dataclass
from typing import NamedTuple

from api.demo.words import AUDIT, GIVEN, LEADERS, OFFICE, SURNAMES, UNITS
from domain.entry import Role


class Person(NamedTuple):
    ref: str
    name: str
    unit: str
    post: str
    role: Role

    @property
    def said(self) -> dict[str, str]:
        """As a command file names who acted."""
        return {"person": self.ref, "unit": self.unit, "post": self.post, "role": self.role.value}

    @property
    def holder(self) -> dict[str, str]:
        return {"person": self.ref, "post": self.post, "unit": self.unit}


POSTS = {
    OFFICE: ("主任", "副主任", "督查专员", "综合科科长", "台账员"),
    LEADERS: ("区领导一", "区领导二", "区领导三", "区领导四"),
    AUDIT: ("审计组组长", "审计员"),
}
USUAL = ("主要领导", "分管领导", "项目联络员", "项目专员", "项目专员（二）", "项目专员（三）")
BUREAU = ("局长", "副局长", "项目联络员", "认定专员", "项目专员", "项目专员（二）")
ROLES = {OFFICE: Role.OFFICE, LEADERS: Role.READER, AUDIT: Role.AUDITOR}


@dataclass(frozen=True)
class Cast:
    """Every unit's people, in the order of their posts."""

    people: dict[str, tuple[Person, ...]]

    def head(self, unit: str) -> Person:
        return self.people[unit][0]

    def deputy(self, unit: str) -> Person:
        """Who signs for the unit."""
        return self.people[unit][1]

    def clerk(self, unit: str) -> Person:
        """项目联络员: who records and reports."""
        return self.people[unit][2]

    def recogniser(self, bureau: str) -> Person:
        """认定专员: who recognises what others reported."""
        return self.people[bureau][3]

    def officers(self, unit: str) -> tuple[Person, ...]:
        """项目专员: who keep their eyes on a project."""
        return tuple(p for p in self.people[unit] if p.post.startswith("项目专员"))

    def everybody(self) -> list[Person]:
        return [person for people in self.people.values() for person in people]


def cast() -> Cast:
    made: dict[str, tuple[Person, ...]] = {}
    number = 0
    for unit in UNITS:
        people = []
        for post in POSTS.get(unit.code, BUREAU if unit.sort == "bureau" else USUAL):
            number += 1
            surname, given = SURNAMES[number % len(SURNAMES)], GIVEN[number // len(SURNAMES)]
            name = f"演示·{surname}{given}"
            people.append(Person(f"dm-p{number:03d}", name, unit.code, post, ROLES.get(unit.code, Role.UNIT)))
        made[unit.code] = tuple(people)
    return Cast(made)
