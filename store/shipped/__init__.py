"""What the program brings for a district that has adopted nothing of its own; data, not code."""

import tomllib
from functools import cache
from pathlib import Path

from pydantic_core import to_json

from domain.office.gates import Gates


@cache
def gates() -> Gates:
    """阶段关口: what is expected from which stage on, drawn from published rules."""
    return read_gates(Path(__file__).with_name("gates.toml").read_text("utf-8"))


def read_gates(text: str) -> Gates:
    """A table written as TOML. Raises TOMLDecodeError, and pydantic's ValidationError where it says something else."""
    return Gates.model_validate_json(to_json(tomllib.loads(text)))
