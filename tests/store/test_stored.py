"""One sample of every stored shape ever shipped is kept for ever, and reads as it did (tests/stored)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.entry import Entry, stream_id
from domain.fact import KINDS, Fact
from domain.judgement import Declined
from store.mapper import EVENTS, decode, decode_event, encode
from store.recorder import Row

SAMPLES = sorted((Path(__file__).parent.parent / "stored").glob("*.json"))

EXTENDED = {"settings_adopted.v1", "settings_adopted.v1.returns", "settings_adopted.v1.targets"}
"""Shapes whose event has gained fields since: read with those fields' defaults; a newer sample stands beside them."""


def row(topic: str, state: bytes) -> Row:
    moment = datetime(2026, 6, 30, tzinfo=UTC)
    return Row(stream_id("XM-2026-001"), 1, topic, state, label="XM-2026-001", position=1, recorded_at=moment)


def test_every_topic_has_its_sample():
    missing = set(EVENTS) - {sample.name.split(".")[0] for sample in SAMPLES}
    assert not missing, f"add tests/stored/TOPIC.v1.json for {missing}"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.stem)
def test_a_stored_shape_reads_and_is_written_again_byte_for_byte(sample: Path):
    state = sample.read_bytes()
    stored = row(sample.name.split(".")[0], state)
    entry = decode(stored)
    assert decode_event(stored) == entry.event
    if sample.stem in EXTENDED:
        assert encode(entry) != state
        assert decode(row(stored.topic, encode(entry))) == entry
    else:
        assert encode(entry) == state


@pytest.mark.parametrize("said", ['","envelope":{"', '{"envelope":{}},"envelope":{', "\\"])
def test_an_event_is_told_from_its_envelope_whatever_its_text_says(said: str):
    sample = decode(row("declined", (SAMPLES[0].parent / "declined.v1.json").read_bytes()))
    entry = Entry(1, Declined(proposal=1, reason=f'甲{said}"乙'), sample.envelope)
    assert decode_event(row("declined", encode(entry))) == entry.event


def test_what_is_no_entry_is_said_not_skipped():
    with pytest.raises(ValueError, match="cannot be read"):
        decode(row("jobs_held", b'{"v":1,"event":{"count":"many"},"envelope":{}}'))
    with pytest.raises(ValueError, match="newer than this program"):
        decode(row("jobs_held", b'{"v":2,"event":{},"envelope":{}}'))
    with pytest.raises(ValueError, match="cannot be read"):
        decode(row("never_heard_of", b'{"v":1,"event":{},"envelope":{}}'))


def test_a_kind_that_declares_flows_states_no_level():
    events = [decode(row(sample.name.split(".")[0], sample.read_bytes())).event for sample in SAMPLES]
    facts = [event for event in events if isinstance(event, Fact) and event.flows]
    assert {type(fact) for fact in facts} == {kind for kind in KINDS.values() if kind.flows} != set()
    assert {line.measure.sort for fact in facts for line in fact.lines()} == {"flow"}
