"""要关注的: which projects of a portfolio want somebody's attention, and why."""

from typing import Literal

from domain.history import View
from domain.questions.planning import overdue
from domain.questions.projects import project_row
from domain.questions.recognition import judged_figures
from domain.questions.responsibilities import gaps_and_overlaps
from domain.questions.stages import ending_of
from domain.settings import Settings

Concern = Literal["not_started_when_due", "completion_overdue", "unowned", "not_judged"]
"""应开未开, 逾期未竣工, 责任空档, 未认定: a figure that the bureau named for its measure has not judged."""


def concerns(view: View, settings: Settings) -> dict[Concern, int]:
    """What one project is looked at for, and how many of its facts say so (one, where it is not of facts)."""
    found: dict[Concern, int] = {}
    if project_row(view) is None:
        return found
    if ending_of(view) is None:
        found |= {mark: 1 for mark, *_ in overdue(view)}  # type: ignore[misc]  # its two marks
        if any(gap.until is None for gap in gaps_and_overlaps(view, settings)[0]):
            found["unowned"] = 1
    figures = [j for s in view.facts for j in judged_figures(view.matters[s.number], settings)]
    waiting = sum(j.state == "not_judged" and j.measure in settings.recognising for j in figures)
    return found | ({"not_judged": waiting} if waiting else {})
