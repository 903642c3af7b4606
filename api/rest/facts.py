"""事实与待批: a fact of any stream as it reads, and what waits for approval anywhere, with both versions."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from api.access.doors import Running, router
from api.access.reading import Reading, Reads
from api.asking import READS_ENTRIES, Answer, At, answer
from domain.errors import NotFound, NotKnownThen
from domain.history import View
from domain.questions.putting_right import FactNow, Waiting, fact_now, facts_now, waiting
from projections.questions.viewpoints import Resolved

made: APIRouter = router(tags=["questions"])
Label = Annotated[str, Path(max_length=64)]
Number = Annotated[int, Path(ge=1, le=2_000_000_000)]


class FactsAnswer(Answer):
    """Every fact of one stream by number, the annulled too."""

    facts: list[FactNow]


class FactAnswer(Answer):
    fact: FactNow


class ProposalsAnswer(Answer):
    """By stream and number. A page looks at `limit` streams: it may show fewer, or none, while `next` tells of more."""

    waiting: list[Waiting]
    next: str | None


@made.get("/streams/{label}/facts", response_model=FactsAnswer, operation_id="stream_facts", openapi_extra=READS_ENTRIES)
def stream_facts(services: Running, reads: Reads, at: At, label: Label) -> Response:
    """The facts of any stream as they read, with the proposals about them that wait."""
    view = _view(services, reads, at, label)
    settings = services.questions.project.settings(at.viewpoint)
    return answer(services, at, {"facts": [f.model_dump(mode="json") for f in facts_now(view, settings)]})


@made.get(
    "/streams/{label}/facts/{number}", response_model=FactAnswer, operation_id="stream_fact", openapi_extra=READS_ENTRIES
)
def stream_fact(services: Running, reads: Reads, at: At, label: Label, number: Number) -> Response:
    """One of them, by the number of its entry."""
    view = _view(services, reads, at, label)
    matter = view.matters.get(number)
    if matter is None:
        raise NotFound(f"{label}#{number}")
    settings = services.questions.project.settings(at.viewpoint)
    return answer(services, at, {"fact": fact_now(view, matter, settings).model_dump(mode="json")})


@made.get("/proposals", response_model=ProposalsAnswer, operation_id="list_proposals", openapi_extra=READS_ENTRIES)
def list_proposals(
    services: Running,
    reads: Reads,
    at: At,
    stream: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Response:
    """Corrections, annulments and reinstatements that nobody has decided yet, of the streams that the reader may read."""
    every = [label for label in services.reading.proposing(at.position) if stream in (None, label)]
    whole = reads.whole(every)
    labels = [label for label in every if label > (cursor or "") and label in whole]
    histories = services.ledger.records.histories(labels[:limit])
    settings = services.questions.project.settings(at.viewpoint)
    found = [w for label in labels[:limit] for w in waiting(histories[label].at(at.viewpoint), settings)]
    body: dict[str, Any] = {"waiting": [w.model_dump(mode="json") for w in found]}
    return answer(services, at, body | {"next": labels[limit - 1] if len(labels) > limit else None})


def _view(services: Running, reads: Reading, at: Resolved, label: str) -> View:
    """Raises NotFound, NotKnownThen."""
    reads.require(label)
    history = services.ledger.records.history(label)
    if not history.version:
        raise NotFound(label)
    view = history.at(at.viewpoint)
    if not view.matters:
        raise NotKnownThen(label)
    return view
