"""Files of evidence in answers: each says whether it is still there as it was attached."""

from collections.abc import Iterator
from typing import Any

from api.services import Services


def with_files(services: Services, body: dict[str, Any]) -> dict[str, Any]:
    """The body, each file in it marked with how it is kept at this moment."""
    files = list(_files(body))
    states = services.uploads.states({file["sha256"]: file["size"] for file in files})
    for file in files:
        file["kept"] = states[file["sha256"]]
    return body


def _files(value: Any) -> Iterator[dict[str, Any]]:
    """Everything that has the shape of a file: gates name sorts of evidence, which are none."""
    if isinstance(value, dict):
        if {"sha256", "size"} <= value.keys():
            yield value
        for inner in value.values():
            yield from _files(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _files(inner)
