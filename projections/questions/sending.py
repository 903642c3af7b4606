"""Long arrays on their way to the server: psycopg writes each element by itself, at every query that names the array."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import psycopg
from psycopg.adapt import Dumper


class Numbers(list[Any]):
    """Numbers, some perhaps None, written once for all queries they are sent with. Nothing may change them then."""

    @cached_property
    def written(self) -> bytes:
        """As an array's text; queries say its type (`::int[]`)."""
        return b"{%s}" % ",".join("NULL" if one is None else str(one) for one in self).encode()


class NumbersDumper(Dumper):
    def dump(self, obj: Sequence[Any]) -> bytes:
        assert isinstance(obj, Numbers)
        return obj.written


psycopg.adapters.register_dumper(Numbers, NumbersDumper)
