"""A history that grows keeps what it knows: the same as folding all entries anew."""

import random

from domain.history import History
from tests.projections.worlds import World


def test_grown_entry_by_entry_it_reads_as_folded_anew():
    for seed in (1, 2, 3):
        world = World(random.Random(seed))
        for _ in range(150):
            world.act()
        for grown in world.book.histories.values():
            fresh = History(grown.label, grown.entries).now
            assert grown.now.facts == fresh.facts
            assert grown.now.matters == fresh.matters
            assert (grown.now.proposals, grown.now.decided) == (fresh.proposals, fresh.decided)
            assert [s.sources for s in grown.now.facts] == [s.sources for s in fresh.facts]


def test_an_older_history_is_not_changed_by_what_comes_after():
    world = World(random.Random(4))
    before: list[tuple[History, int, str]] = []
    for _ in range(120):
        world.act()
        before.extend((h, h.version, repr(h.now.matters)) for h in world.book.histories.values() if len(before) < 400)
    for history, version, matters in before:
        assert history.version == version
        assert repr(history.now.matters) == matters
