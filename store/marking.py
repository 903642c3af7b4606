"""What an entry breaks as it is recorded: rules of the project's facts, and personal data in its texts."""

from collections.abc import Sequence

from domain.command import Command
from domain.entry import Event, stream_kind
from domain.errors import Broken
from domain.fact import Fact
from domain.history import History, View
from domain.judgement import Corrected, CorrectionProposed
from domain.office.gates import GatesInForce
from domain.personal import PersonalDataHere, found_in, texts
from domain.questions.irregularities import broken, marks_of
from domain.settings import Settings


def irregular(grown: History, settings: Settings, gates: GatesInForce) -> tuple[Broken, ...]:
    """The rules that a project's newest entry breaks: its fact as recorded, or as a correction would have it read."""
    if stream_kind(grown.label) != "project":
        return ()
    newest = grown.entries[-1]
    match newest.event:
        case Fact():
            return _marks(grown.now, newest.number, settings, gates)
        case (CorrectionProposed() | Corrected()) as asked:
            original = grown.now.matters[asked.target].current.original
            return _marks(grown.now.with_fact(original, asked.reads), asked.target, settings, gates)
        case _:
            return ()


def _marks(view: View, number: int, settings: Settings, gates: GatesInForce) -> tuple[Broken, ...]:
    return marks_of(view, (number,), settings, gates).get(number, ())


def personal(event: Event, command: Command, begins: bool, names: Sequence[str]) -> list[tuple[Broken, str]]:
    """What an entry would hold of personal data, with the text it stands in. Raises PersonalDataHere.

    Nobody's reason is given by itself, not by an import either: what enters an entry can never be taken out.
    """
    said = [*texts(event), *(t for t in (command.document, command.under, command.confidentiality) if t)]
    if begins:
        said.extend(str(getattr(command, name)) for name in ("ref", "code") if getattr(command, name, None))
    said.extend(getattr(command, name) for name in command.erasable)
    if command.reason is not None and (held := list(found_in([command.reason], names))):
        raise PersonalDataHere(rules=[broken(held[0][0], held[0][1])], pointer="/reason")
    named = frozenset(getattr(command, name) for name in command.erasable)
    found = found_in(dict.fromkeys(said), names)
    return [(broken(rule, about), text) for rule, about, text in found if not (rule == "person_named" and text in named)]
