"""What a process remembers of the ledger is enough to decide on, and never more than the ledger says."""

from collections.abc import Mapping
from uuid import UUID

import pytest

from api.services import Services, over
from domain.entry import Actor, Envelope, Source
from domain.errors import NotPermitted, RateNeeded
from domain.project.funds import VoucherAlreadyCounted
from store.recorder import Row
from tests.given import CLERK, LI, WANG, command, yuan

API = Source(door="api")
P = "XM-2026-001"


@pytest.fixture
def other(running: Services) -> Services:
    """Another process on the same ledger, as it were: it remembers for itself."""
    return over(running.database, running.dsn)


def record(
    services: Services, noun: str, stream: str = "project", label: str | None = P, by: Actor = WANG, **body: object
) -> str:
    return services.ledger.record(
        label, command(noun, {"occurred_on": "2026-02-01"} | body, stream), by=by, source=API
    ).entry


def judge(services: Services, noun: str, by: Actor, **body: object) -> str:
    return services.ledger.record(P, command(noun, body), by=by, source=API).entry


def receive(services: Services, voucher: str, by: Actor = WANG) -> str:
    return record(services, "funds", act="receive", amount=yuan("5.00"), voucher=voucher, by=by, reason="测试")


@pytest.fixture(autouse=True)
def both_remember_a_project(running: Services, other: Services) -> None:
    for unit in ("street-a", "street-b"):
        record(running, "units", "unit", None, code=unit, name=unit)
    record(running, "projects", label=None, name="西湖里", lead_unit="street-a")
    receive(running, "V-1")
    receive(other, "V-2")
    receive(running, "V-3")
    assert receive(other, "V-4") == f"{P}#6"


def test_what_nobody_else_recorded_is_decided_without_a_look_at_the_ledger(
    running: Services, monkeypatch: pytest.MonkeyPatch
):
    receive(running, "V-5")

    def looked(versions: Mapping[UUID, int]) -> list[Row]:
        raise AssertionError(versions)

    monkeypatch.setattr(running.ledger.records.recorder, "select_newer", looked)
    assert receive(running, "V-6") == f"{P}#8"


def test_what_another_recorded_is_seen_though_it_was_not_remembered(running: Services, other: Services):
    receive(other, "V-5")
    with pytest.raises(VoucherAlreadyCounted):
        receive(running, "V-5")
    assert receive(running, "V-6") == f"{P}#8"


def test_settings_that_another_adopted_bind_at_once(running: Services, other: Services):
    receive(running, "V-5")  # of the project it knows all; of the district it does not
    record(other, "settings", "district", "district", settings={"currency": "USD"})
    with pytest.raises(RateNeeded):
        receive(running, "V-6")


def test_a_refusal_rests_on_the_ledger_and_not_on_what_is_remembered(running: Services, other: Services):
    with pytest.raises(VoucherAlreadyCounted):
        receive(running, "V-1")
    judge(other, "annulments", WANG, target=3, because="误报")
    judge(other, "approvals", LI, act="approve", proposal=7)
    assert receive(running, "V-1") == f"{P}#9"


def test_who_handed_a_project_over_records_no_longer_wherever_that_was_recorded(running: Services, other: Services):
    assert receive(running, "V-5", by=CLERK) == f"{P}#7"
    record(other, "transfers", from_unit="street-a", to_unit="street-b")
    with pytest.raises(NotPermitted):
        receive(running, "V-6", by=CLERK)


def test_what_was_recorded_is_remembered_as_it_is_read_with_every_field_of_its_envelope(running: Services, other: Services):
    receive(running, "V-envelope")
    for label in ("district", "unit:street-a", P):
        remembered, read = running.ledger.records.history(label).entries, other.ledger.records.history(label).entries
        assert remembered == read
        assert all([*entry.envelope.__dict__] == [*Envelope.model_fields] for entry in (*remembered, *read))
