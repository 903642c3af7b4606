"""Acts over several streams: which entries of a request are each other's counterparts, and are judged together."""

from collections.abc import Sequence
from dataclasses import replace

from domain.command import Command, Load
from domain.entry import Entry, cite, stream_kind
from domain.fact import Fact
from domain.judging.corrections import Approve, ProposeAnnulment, ProposeReinstatement


def joined(entries: Sequence[Entry]) -> list[Entry]:
    """One joint act over several streams: each entry names its counterparts in the others (DESIGN §3.13).

    Facts of projects are counterparts of facts of projects, annulments of annulments: what is of another sort only shares
    the request, and could never be annulled or approved together with it; so does what came in a return. The counterparts
    that a command over several streams made stay.
    """
    return [
        replace(
            entry,
            envelope=entry.envelope.model_copy(
                update={"counterparts": tuple(o.citation for o in entries if _counterparts(entry, o))}
            ),
        )
        for entry in entries
    ]


def _counterparts(one: Entry, other: Entry) -> bool:
    if other.citation in one.envelope.counterparts:
        return True
    if one.envelope.returned_in is not None or other.envelope.returned_in is not None:
        return False
    alike = all(isinstance(e.event, Fact) for e in (one, other)) or type(one.event) is type(other.event)
    return alike and one.stream != other.stream and stream_kind(one.stream) == stream_kind(other.stream)


def together_in(items: Sequence[tuple[str | None, Command]], past: Load) -> frozenset[tuple[str, str]]:
    """What a request judges at once, as (act, citation of the fact): counterparts must all be there."""
    acts: set[tuple[str, str]] = set()
    for label, command in items:
        match command:
            case ProposeAnnulment():
                acts.add(("annul", cite(label or "", command.target)))
            case ProposeReinstatement():
                acts.add(("reinstate", cite(label or "", command.target)))
            case Approve() if label is not None and command.proposal in past(label).now.proposals:
                _, proposal = past(label).now.proposals[command.proposal]
                acts.add((f"approve {proposal.topic}", cite(label, proposal.target)))
            case _:
                pass
    return frozenset(acts)
