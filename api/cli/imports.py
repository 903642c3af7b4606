"""`lifecycle import`: snapshots of a table against the ledger, or past records staged for the opening."""

import argparse
import json
from collections import Counter
from pathlib import Path

from api.cli import chinese, say
from api.cli.progress import Advance, bar
from api.services import Services, services
from api.sheets.importing import Work, propose, record_snapshot, renamed, report
from api.sheets.mapping import Mapping, SnapshotMapping, find_mapping, load_mapping
from api.sheets.proposing import Refusal
from api.sheets.reading import NotRead, Snapshot, read_snapshot
from api.sheets.staging import IMPORTER, Opening, staged_commands, staged_snapshot
from api.working import Unwatched
from domain.entry import Actor, Entry, Role
from domain.errors import Refused, in_one
from store.backfill import Backfill, Staged
from store.deciding import Deciding
from store.mapper import topic_of
from store.settings import deployment
from store.works import Step


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("import", help="导入快照 / import snapshots of a table")
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        help="快照文件或目录，或 .jsonl 命令文件 / snapshots, a folder of them, or command files",
    )
    parser.add_argument("--mapping", help="映射文件，或随附映射之名 / a mapping file, or the name of one that is shipped")
    parser.add_argument("--dry-run", action="store_true", help="只列出将记录什么 / show what would be recorded")
    parser.add_argument("--backfill", action="store_true", help="暂存至台账启用 / stage until `lifecycle open`")
    parser.add_argument("--discard", action="store_true", help="放弃已暂存的内容 / drop what is staged")
    parser.add_argument("--report", type=Path, help="完整报告写入此 JSON 文件 / write the whole report to this JSON file")
    parser.add_argument("--person", default="importer", help="经办人编号 / who imports")
    parser.add_argument("--unit", default="office", help="经办单位 / their unit")
    parser.set_defaults(main=main)


def main(arguments: argparse.Namespace) -> int:
    if not arguments.files and not arguments.discard:
        say("请指明要导入的文件。", "name the files to import.", error=True)
        return 2
    with services(deployment(), size=4) as running:
        backfill = Backfill(running.database.writing, running.reading, running.uploads.find)
        if arguments.discard:
            dropped = backfill.discard()
            say(f"已放弃 {dropped} 行暂存内容。", f"{dropped} staged rows dropped.")
            return 0
        commands = [f for f in arguments.files if f.suffix == ".jsonl"]
        tables = [f for f in arguments.files if f.suffix != ".jsonl"]
        if commands and not arguments.backfill:
            say("命令文件只能以 --backfill 暂存。", "command files can only be staged, with --backfill.", error=True)
            return 2
        if bool(tables) != bool(arguments.mapping):
            say("快照与 --mapping 须一并给出。", "snapshots and --mapping go together.", error=True)
            return 2
        mapping = load_mapping(find_mapping(arguments.mapping)) if arguments.mapping else None
        snapshots = read_all(tables, mapping) if mapping is not None else []
        show_reading([s for _, s in snapshots])
        if arguments.backfill:
            return stage(running, backfill, commands, snapshots, mapping, arguments)
        assert mapping is not None
        return record(running, mapping, snapshots, arguments)


def read_all(paths: list[Path], mapping: Mapping) -> list[tuple[SnapshotMapping, Snapshot]]:
    """In order of as-at day. A folder stands for every file in it that the mapping names."""
    wanted: list[tuple[SnapshotMapping, Path]] = []
    for path in paths:
        for settings in mapping.snapshots:
            if path.is_dir() and (path / settings.file).exists():
                wanted.append((settings, path / settings.file))
            elif path.is_file() and path.match(settings.file):
                wanted.append((settings, path))
    unknown = [p for p in paths if not any(p in (f, f.parent) for _, f in wanted)]
    if unknown:
        names = ", ".join(map(str, unknown))
        known = ", ".join(s.file for s in mapping.snapshots)
        raise SystemExit(f"映射中没有这些文件 / the mapping names no such file: {names} ([[snapshots]] file = {known})")
    found = []
    with bar("读取 " if chinese() else "reading ", len(wanted)) as advance:
        for done, (settings, path) in enumerate(sorted(wanted, key=lambda w: w[0].as_at), start=1):
            found.append((settings, read_snapshot(path, settings, mapping)))
            advance(done)
    return found


def show_reading(snapshots: list[Snapshot]) -> None:
    """The account of every cell, and each that could not be read."""
    for snapshot in snapshots:
        say(
            f"{snapshot.file}：{len(snapshot.rows)} 个项目，情况截至 {snapshot.as_at}",
            f"{snapshot.file}: {len(snapshot.rows)} projects as at {snapshot.as_at}",
        )
        if snapshot.skipped:
            places = ", ".join(map(str, snapshot.skipped))
            say(f"    映射略过的行：{places}", f"    rows the mapping skips: {places}")
        for fact, count in snapshot.counts.items():
            print(f"    {fact:<20}", " ".join(f"{sort}={n}" for sort, n in sorted(count.items())))
    for lost in [u for s in snapshots for u in s.unread]:
        show_unread(lost)
    if snapshots:
        rows, cells = sum(len(s.rows) for s in snapshots), sum(len(s.unread) for s in snapshots)
        say(f"共 {rows} 次出现，{cells} 个单元格未能读取。", f"{rows} appearances, {cells} cells not read.")


def show_unread(lost: NotRead) -> None:
    where = f"{lost.file} {lost.row} {lost.column!r} {lost.project!r}"
    say(
        f"  未读取：{where}：{lost.value[:80]!r}：{in_one(lost.reason, True)}",
        f"  not read: {where}: {lost.value[:80]!r}: {in_one(lost.reason, False)}",
    )


def stage(
    running: Services,
    backfill: Backfill,
    commands: list[Path],
    snapshots: list[tuple[SnapshotMapping, Snapshot]],
    mapping: Mapping | None,
    arguments: argparse.Namespace,
) -> int:
    rows = [row for path in commands for row in staged_commands(path)]
    for settings, snapshot in snapshots:
        assert mapping is not None
        rows.extend(staged_snapshot(snapshot, settings, mapping))
    if arguments.dry_run:
        return preview(running, backfill, rows, [s for _, s in snapshots], arguments.report)
    waiting = backfill.stage(rows)
    new = waiting.new
    if waiting.replaced:
        say(
            f"取代此前暂存的同名文件 {waiting.replaced} 行。",
            f"{waiting.replaced} rows staged earlier of files of these names are replaced.",
        )
    say(
        f"已暂存 {new} 行（此前已有 {len(rows) - new} 行）；用 lifecycle open 启用台账。",
        f"{new} rows staged ({len(rows) - new} were already); `lifecycle open` opens the ledger.",
    )
    write_report(arguments.report, [s for _, s in snapshots], [], [])
    return 0


def preview(
    running: Services, backfill: Backfill, rows: list[Staged], snapshots: list[Snapshot], report: Path | None
) -> int:
    """What the opening would record of all that is staged and of these rows; nothing is staged."""
    opening = Opening()
    with bar("审定 " if chinese() else "deciding ", running.reading.staged() + len(rows)) as advance:
        prepared = backfill.decide_all(opening.decide, IMPORTER, advance, rows)
    for _, entries in prepared.requests:
        show_proposal(entries[0].envelope.source.file or "", entries, dry=True)
        show_renames(entries, prepared.deciding)
    for refusal in opening.refusals:
        show_refusal(refusal)
    for snapshot in snapshots:
        proposed = [e for _, of in prepared.requests for e in of if e.envelope.source.sha256 == snapshot.sha256]
        write_report(report, [snapshot], proposed, [r for r in opening.refusals if r.file == snapshot.file])
    for lost in [u for s in snapshots for u in s.unread]:
        show_unread(lost)
    count = sum(len(entries) for _, entries in prepared.requests)
    say(
        f"启用台账时将记录 {count} 条；本次未暂存任何内容。",
        f"opening the ledger would record {count} entries; nothing was staged.",
    )
    return 1 if opening.refusals else 0


class Drawn(Unwatched):
    """The comparison as a bar."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance

    def __call__(self, step: Step, done: int | None = None, total: int | None = None) -> None:
        if step == "compare":
            self._advance((done or 0) + 1)


def record(
    running: Services,
    mapping: Mapping,
    snapshots: list[tuple[SnapshotMapping, Snapshot]],
    arguments: argparse.Namespace,
) -> int:
    """One request a snapshot; a refusal anywhere leaves that snapshot and the later ones unrecorded, and says what was
    recorded before it."""
    by = Actor(
        person=arguments.person, unit=arguments.unit, post="导入 / import", role=Role.OFFICE, signed_in="command line"
    )
    dry = running.ledger.deciding()
    for place, (settings, snapshot) in enumerate(snapshots):
        with bar("比较 " if chinese() else "comparing ", len(snapshot.rows)) as advance:
            work = Work(running, mapping, settings, snapshot, Drawn(advance), give_up=not arguments.dry_run)
            if arguments.dry_run:
                propose(work, snapshot, by, dry)
            else:
                try:
                    record_snapshot(running, work, snapshot, by)
                except Refused:
                    show_recorded(snapshots, place)
                    raise
        show_proposal(snapshot.file, work.proposed, dry=arguments.dry_run)
        show_renames(work.proposed, dry if arguments.dry_run else running.ledger.deciding())
        for refusal in work.refused:
            show_refusal(refusal)
        write_report(arguments.report, [snapshot], work.proposed, work.refused)
        if work.refused:
            zh, en = (
                "有被拒绝的内容，本快照未记录任何一条。",
                "something was refused; nothing of this snapshot was recorded.",
            )
            say(zh, en, error=True)
            if not arguments.dry_run:
                show_recorded(snapshots, place)
            return 1
    return 0


def show_recorded(snapshots: list[tuple[SnapshotMapping, Snapshot]], place: int) -> None:
    """What stands of several files where one was refused: each is a request of its own."""
    before, after = ("、".join(s.file for _, s in of) for of in (snapshots[:place], snapshots[place + 1 :]))
    if before:
        say(
            f"此前的文件已经记录，不会撤销：{before}。更正后可将全部文件重新导入，已记录的不会重复。",
            f"the files before it are recorded and stay: {before}. Once it is put right import all of them again:"
            " what is recorded is not recorded twice.",
            error=True,
        )
    if after:
        say(f"其后的文件未处理：{after}。", f"the files after it were not looked at: {after}.", error=True)


def show_proposal(file: str, entries: list[Entry], *, dry: bool) -> None:
    if not entries:
        say(f"{file}：没有变化，无需记录。", f"{file}: nothing new, nothing proposed.")
        return
    verb = ("将记录", "would record") if dry else ("已记录", "recorded")
    kinds = Counter(topic_of(e.event) for e in entries)
    shown = ", ".join(f"{topic} {n}" for topic, n in kinds.most_common())
    say(
        f"{file}：{verb[0]} {len(entries)} 条：{shown}",
        f"{file}: {verb[1]} {len(entries)} entries: {shown}",
    )
    if dry:
        for entry in entries:
            stated = entry.event.model_dump_json(exclude_none=True, exclude={"remarks", "description"})
            print(f"    {entry.citation} {topic_of(entry.event)} row={entry.envelope.source.row} {stated}")


def show_renames(entries: list[Entry], deciding: Deciding) -> None:
    for old, name in renamed(entries, deciding):
        say(
            f"  可能是更名：{old!r} → {name!r}，如是请写入 [[renames]]。",
            f"  a rename? {old!r} → {name!r}; if so, put it under [[renames]].",
        )


def show_refusal(refusal: Refusal) -> None:
    where = f"{refusal.file} {refusal.row} {refusal.project!r} {refusal.error.pointer or ''}".rstrip()
    say(f"  拒绝：{where}：{refusal.error.said(True)}", f"  refused: {where}: {refusal.error.said(False)}", error=True)


def write_report(path: Path | None, snapshots: list[Snapshot], entries: list[Entry], refusals: list[Refusal]) -> None:
    """Appends one JSON document a snapshot, so that scripts can read what people see."""
    if path is None:
        return
    with path.open("a", encoding="utf-8") as file:
        for snapshot in snapshots:
            file.write(json.dumps(report(snapshot, entries, refusals), ensure_ascii=False) + "\n")
