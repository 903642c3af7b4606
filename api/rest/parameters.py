"""What stands in addresses and headers, as the document describes it: forms, and examples that lead somewhere."""

from typing import Any

Schema = dict[str, Any]
DAY: Schema = {"format": "date", "examples": ["2026-06-30"]}
KNOWN: Schema = {"examples": ["2026-06-30", "2026-06-30T12:00:00+08:00", "@120", "period:2026-09"]}
FORMS: dict[str, Schema] = {
    "on": DAY,
    "from_on": DAY,
    "to_on": DAY,
    "known": KNOWN,
    "from_known": KNOWN,
    "to_known": KNOWN,
    "Idempotency-Key": {"pattern": "^[!-~]([ -~]{0,198}[!-~])?$", "examples": ["street-a-2026-09-0007"]},
    "If-Match": {"pattern": r'^(\*|(W/)?"?([^"]*#)?[0-9]{1,9}"?)$', "examples": ['"7"']},
    "Prefer": {"examples": ["respond-async"]},
    "unit": {"examples": ["street-a"]},
    "bureau": {"examples": ["bureau-c"]},
    "project": {"examples": ["XM-2026-001"]},
    "list": {"examples": ["key-2026"]},
    "label": {"examples": ["XM-2026-001", "unit:street-a", "person:p-wang", "period:2026-09", "district"]},
    "ref": {"examples": ["p-wang"]},
}
CODES = {
    "projects": "XM-2026-001",
    "units": "street-a",
    "people": "p-wang",
    "periods": "2026-09",
    "targets": "2026",
    "audits": "2026-001",
}
"""Whose code an address names, by its first noun; as in the examples of bodies."""


def formed(path: str, parameter: Schema) -> None:
    """An address or a header has no null: what may be left out is left out."""
    schema = parameter["schema"]
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        del schema["anyOf"]
        schema |= kinds[0]
    if parameter["in"] == "path" and parameter["name"] == "code":
        schema["examples"] = [CODES[path.split("/")[1]]]
    else:
        schema |= FORMS.get(parameter["name"], {})
