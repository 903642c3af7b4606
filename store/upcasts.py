"""Older shapes of stored events, brought up to today's; a shape once shipped is read for ever (tests/stored)."""

from collections.abc import Callable
from typing import Any

SCHEMA = 1
"""The schema version written inside every state."""

UPCASTS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""(topic, schema version) → the state one version later. None yet: everything shipped so far is version 1."""


def upcast(topic: str, state: dict[str, Any]) -> dict[str, Any]:
    """Raises ValueError on a schema version newer than this program."""
    version = int(state["v"])
    if version > SCHEMA:
        raise ValueError(f"schema {version} of {topic} is newer than this program knows; install the newer version")
    while version < SCHEMA:
        state = UPCASTS[topic, version](state)
        version += 1
    return state
