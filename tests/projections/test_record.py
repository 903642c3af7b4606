"""What a person or a unit held and did, found by indexes, is what the fold over all streams says."""

import random

import psycopg

from domain.history import History
from domain.questions.record import Party, Record, record
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from projections.questions.record import record as asked
from tests.projections.test_equals_oracle import Fresh, fresh, history, projected, viewpoints
from tests.projections.worlds import World

assert fresh
PARTIES = (
    *(Party(person=ref) for ref in ("p-zhao", "p-qian", "p-li", "p-wang", "p-clerk", "p-nobody")),
    *(Party(unit=code) for code in ("street-a", "street-b", "bureau-c", "office")),
)


def bare(found: Record) -> Record:
    """Without recording times: the world has its own."""
    entries = tuple(e.model_copy(update={"recorded_at": None}) for e in found.recorded)
    return found.model_copy(update={"recorded": entries})


def agree(world: World, connection: psycopg.Connection, party: Party, viewpoint: Viewpoint, after: int, limit: int) -> bool:
    known = {f"person:{party.person}": History(f"person:{party.person}"), **world.book.histories}
    oracle = record(party, known, viewpoint, Settings(), after, limit)
    return bare(asked(connection, world, party, viewpoint, Settings(), after, limit)) == bare(oracle)


def test_records_equal_the_fold_over_all_streams_at_random_viewpoints(fresh: Fresh):
    seen = set()
    for seed in (3, 8):
        world, chance = history(seed, 220), random.Random(seed)
        with projected(world, fresh(), 40) as connection:
            for viewpoint in viewpoints(world, chance):
                for party in PARTIES:
                    after, limit = chance.choice((0, viewpoint.known // 2)), chance.choice((5, 10_000))
                    assert agree(world, connection, party, viewpoint, after, limit), (party, viewpoint)
                    found = asked(connection, world, party, viewpoint, Settings())
                    seen |= {name for name in Record.model_fields if getattr(found, name)}
                    for handover in found.handovers:
                        seen |= {n for n in type(handover).model_fields if getattr(handover, n)}
    assert seen >= {"held", "gaps", "overlaps", "handovers", "done", "recorded", "awaiting_decision", "not_judged"}
