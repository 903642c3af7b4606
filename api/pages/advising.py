"""What whoever fills in a form had better know before it records: the macro `advised` of parts.html shows it."""

from typing import Any

from api.pages.asking import Told
from api.pages.visit import Visit


async def advised(visit: Visit, path: str, said: dict[str, Any], last_day: str | None) -> str | None:
    """What is to be known of a last day before it is set; none where it was told already. The sending tells a refusal."""
    if visit.form.one("advised") == last_day:
        return None
    try:
        tried = await visit.api.post(path, said, dry_run=True)
    except Told:
        return None
    return "".join(one[visit.language] for entry in tried["entries"] for one in entry["advice"]) or None
