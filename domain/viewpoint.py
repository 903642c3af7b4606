"""情况截至 `on`, 按 `known` 已报: the two axes on which every question is asked."""

from dataclasses import dataclass
from datetime import date

ALL_DAYS = date.max
ALL_POSITIONS = 2**63 - 2
"""One less than a bigint holds: what is known for ever is so up to, not including, the position after this."""


@dataclass(frozen=True)
class Viewpoint:
    """The world up to the civil date `on`, as the ledger knew it at the position `known` (the end of a request)."""

    on: date = ALL_DAYS
    known: int = ALL_POSITIONS


EVERYTHING = Viewpoint()
"""All that is in the ledger, later beginnings included: what decisions look at."""
