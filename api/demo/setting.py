"""What is there before any project: units, people, settings, lists, gates; and each year's targets."""

from datetime import date
from typing import Any

from api.demo.days import cny, month_of, on
from api.demo.play import Play
from api.demo.words import COMMERCE, FINANCE, LABEL, NAME, OFFICE, PARK, PLANNING, STREETS, TOWN, UNITS

CONTRACT = {"stage": "signed", "kind": "signed", "evidence": ["contract"]}
PERMIT = {"stage": "under_construction", "kind": "construction_started", "evidence": ["permit", "site_photo"]}


def settings() -> dict[str, Any]:
    return {
        "label": LABEL,
        "name": NAME,
        "currency": "CNY",
        "recognising": {
            "received": [COMMERCE, PLANNING],
            "invested": [PLANNING],
            "tax": [FINANCE],
        },
        "reconciliation_days": 7,
    }


def begin(play: Play, since: date) -> None:
    """On the first working day."""

    def opening() -> None:
        office = play.cast.people[OFFICE]
        clerk = office[4]
        for unit in UNITS:
            said = on(date(since.year - 4, 1, 1), code=unit.code, name=unit.name, name_en=unit.name_en, sort=unit.sort)
            play.do(clerk, "units", said)
        for person in play.cast.everybody():
            said = on(date(since.year - 1, 1, 4), ref=person.ref, name=person.name, unit=person.unit, title=person.post)
            play.do(clerk, "people", said)
        play.do(office[0], "settings", on(since, settings=settings(), document="演重办〔1〕号"), "district")
        for year in sorted({since.year, play.until.year}):
            listed = on(since, list=f"key-{year}", title=f"{year}年重点项目清单（演示）")
            play.do(office[3], "lists", listed | {"document": f"演重办发〔{year}〕1号"}, "district")

    play.due(since, opening)
    gates = month_of(play.until, -9)
    play.due(gates, adopt_gates, play, gates, hour=10)
    for year in range(since.year + 1, play.until.year + 1):
        play.due(date(year, 1, 8), issue_targets, play, year)
        play.due(date(year, 8, 20), adjust_targets, play, year)


def adopt_gates(play: Play, day: date) -> None:
    table = {"name": f"演示区关口 {day:%Y-%m}", "expects": [CONTRACT, PERMIT]}
    command = on(day, gates=table, document=f"演重办发〔{day.year}〕3号")
    play.do(play.cast.people[OFFICE][0], "gates", command, "district")


def issue_targets(play: Play, year: int) -> None:
    office = play.cast.people[OFFICE]
    document = f"演政发〔{year}〕1号"
    play.do(office[3], "targets", on(play.today, code=str(year), document=document))
    for n, unit in enumerate((*(s.code for s in STREETS), TOWN, PARK)):
        quarter = 1_500 + 500 * (n % 4)
        slices = [{"period": f"{year}-Q{q}", "amount": cny(quarter)} for q in (1, 2, 3, 4)]
        received = on(play.today, unit=unit, indicator="received", basis="recognised", amount=cny(4 * quarter))
        play.do(office[3], "tasks", received | {"act": "issue", "slices": slices, "document": document}, f"targets:{year}")
        for indicator, count in (("signings", 1 + n % 2), ("starts", 1)):
            task = on(play.today, act="issue", unit=unit, indicator=indicator, count=count, document=document)
            play.do(office[3], "tasks", task, f"targets:{year}")


def adjust_targets(play: Play, year: int) -> None:
    if not play.deciding.past(f"targets:{year}").version:
        return
    for street in STREETS[7:9]:
        adjusted = on(
            play.today, act="adjust", unit=street.code, indicator="received", basis="recognised", amount=cny(5_000)
        )
        document = f"演政发〔{year}〕8号"
        play.do(play.cast.people[OFFICE][3], "tasks", adjusted | {"document": document}, f"targets:{year}")
