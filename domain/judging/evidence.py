"""佐证: files that speak for a fact, named by the SHA-256 of their bytes; the bytes are kept outside the ledger."""

from typing import Literal

from domain.command import Action, Command, Context, deed
from domain.entry import Event, Role, cite
from domain.errors import InTheFuture, IsAnnulled, NotPermitted, Refused
from domain.history import History, Matter
from domain.judgement import Digest, EvidenceAttached, EvidenceSort, EvidenceWithdrawn, VerdictGiven
from domain.judging.corrections import the_matter
from domain.values import Day, EntryNumber, Line, Prose

EXTENSIONS: dict[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "application/ofd": ("ofd",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/tiff": ("tif", "tiff"),
    "image/heic": ("heic", "heif"),
    "image/webp": ("webp",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/msword": ("doc", "wps"),
    "application/vnd.ms-excel": ("xls", "et"),
    "text/plain": ("txt",),
    "text/csv": ("csv",),
}
"""What evidence may be, and how the names of such files end (OFD: GB/T 33190, electronic invoices; wps, et: WPS Office)."""
TURNS_TEXT = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that make a name read otherwise than it is: `gnp.exe` as `exe.png`."""


class FileNotKept(Refused):
    """No such file is kept; upload it first (POST /evidence)."""

    zh = "没有保管这份文件，请先上传（POST /evidence）。"
    sort = "invalid"


class AlreadyAttached(Refused):
    """This very file is attached to this fact already."""

    zh = "同一文件已附于该事实。"


class NotAttached(Refused):
    """This file is not attached to this fact; there is nothing to withdraw."""

    zh = "该事实未附此文件，无可撤下。"


class NameDisagrees(Refused):
    """The name of a file ends as its content wants it, holds no path and no hidden direction marks."""

    zh = "文件名的扩展名须与内容相符，且不得含路径或隐藏的方向控制符。"
    sort = "invalid"


class VerdictRestsOnIt(Refused):
    """A verdict was given after this file was attached; only the office withdraws it now."""

    zh = "附此文件之后已有认定，只能由重大项目办撤下。"
    sort = "forbidden"


class AttachEvidence(Command):
    """Let a file that was uploaded speak for a fact."""

    act: Literal["attach"]
    target: EntryNumber
    sha256: Digest
    sort: EvidenceSort
    name: Line | None = None
    """The file's name; the one it was uploaded under when absent."""
    dated: Day | None = None
    """The day the paper bears, or the photograph was taken."""
    note: Prose | None = None


class WithdrawEvidence(Command):
    """Let a file speak for a fact no longer; it stays where it is kept, and the record that it was attached stays too."""

    act: Literal["withdraw"]
    target: EntryNumber
    sha256: Digest
    because: Prose


def check_name(name: str, media_type: str) -> None:
    """Raises NameDisagrees."""
    _, dot, extension = name.rpartition(".")
    if not dot or extension.lower() not in EXTENSIONS[media_type] or "/" in name or "\\" in name or TURNS_TEXT & set(name):
        raise NameDisagrees(f"{media_type}: {', '.join('.' + e for e in EXTENSIONS[media_type])}", pointer="/name")


@deed("evidence", stream=None, action=Action.ATTEST)
def attach_evidence(past: History, command: AttachEvidence, context: Context) -> list[Event]:
    matter = _in_force(past, command.target)
    if command.dated is not None and command.dated > context.today:
        raise InTheFuture(str(command.dated), pointer="/dated")
    if _attached(matter, command.sha256) is not None:
        raise AlreadyAttached(cite(past.label, command.target), pointer="/sha256")
    if context.file is None:
        raise FileNotKept(command.sha256, pointer="/sha256")
    name = command.name or context.file.name
    check_name(name, context.file.media_type)
    return [
        EvidenceAttached(
            target=command.target,
            sha256=command.sha256,
            name=name,
            media_type=context.file.media_type,
            size=context.file.size,
            sort=command.sort,
            dated=command.dated,
            note=command.note,
        )
    ]


@deed("evidence", stream=None, action=Action.ATTEST)
def withdraw_evidence(past: History, command: WithdrawEvidence, context: Context) -> list[Event]:
    """By the unit that attached it, or the office: a unit's own slip is not another's to take away."""
    matter = _in_force(past, command.target)
    attached = _attached(matter, command.sha256)
    if attached is None:
        raise NotAttached(cite(past.label, command.target), pointer="/sha256")
    number, unit = attached
    if context.by.role is not Role.OFFICE:
        if context.by.unit != unit:
            raise NotPermitted(unit)
        if any(entry.number > number for entry, _ in matter.said(VerdictGiven)):
            raise VerdictRestsOnIt(cite(past.label, number), pointer="/sha256")
    return [EvidenceWithdrawn(target=command.target, sha256=command.sha256, reason=command.because)]


def _in_force(past: History, target: int) -> Matter:
    """Raises UnknownEntry, IsAnnulled."""
    matter = the_matter(past, target)
    if matter.annulled_by is not None:
        raise IsAnnulled(cite(past.label, target), pointer="/target")
    return matter


def _attached(matter: Matter, sha256: str) -> tuple[int, str] | None:
    """The entry that attached the file and its actor's unit, unless it was withdrawn since."""
    found: tuple[int, str] | None = None
    for entry, said in matter.beside:
        match said:
            case EvidenceAttached() if said.sha256 == sha256:
                found = entry.number, entry.envelope.actor.unit
            case EvidenceWithdrawn() if said.sha256 == sha256:
                found = None
            case _:
                pass
    return found
