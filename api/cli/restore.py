"""`lifecycle restore`: a backup into an empty place, or, with --drill, beside the live ledger to prove that it would do."""

import argparse
from contextlib import ExitStack, closing
from pathlib import Path

import store.evidence
import store.security_log
from api.cli import chinese, say, typed
from api.cli.backup import INCOMPLETE, deployed, show_wrong
from api.cli.progress import bar
from api.services import reached
from projections.prints import print_at, stands
from projections.rebuild import rebuild
from projections.runner import Poisoned
from store.fingerprints import connected, differences, printed
from store.manifest import Damage, Manifest, damages, evidence_part, read_manifest
from store.restore import (
    TABLES,
    NotTheSame,
    holds,
    load,
    named,
    programs,
    put_evidence,
    refuse_unless_empty,
    scratch,
    unguarded,
)
from store.settings import Deployment, deployment
from store.tools import Tools

SHOWN = 20
"""Entries that are told to differ."""


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("restore", help="恢复 / restore a backup into an empty place")
    parser.add_argument("backup", type=Path, help="备份文件夹 / the folder of a backup")
    parser.add_argument("--drill", action="store_true", help="演练：在旁边恢复并核对 / beside the live ledger, and compare")
    parser.set_defaults(main=main)


def main(arguments: argparse.Namespace) -> int:
    """0 when all is there, byte for byte; 1 when it is not, or was refused; 3 when only files of evidence are missing.

    Raises NotABackup, ManifestDamaged, FormatUnknown and what store.restore does.
    """
    settings, folder = deployment(), arguments.backup.absolute()
    manifest = read_manifest(folder)
    say(
        f"备份于 {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC 的台账：{manifest.entries:,} 条，至 @{manifest.position}"
        f"（PostgreSQL {manifest.postgresql}，程序 {manifest.product}）。",
        f"a ledger as of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC: {manifest.entries:,} entries, up to @{manifest.position}"
        f" (PostgreSQL {manifest.postgresql}, program {manifest.product}).",
    )
    return drill(settings, folder, manifest) if arguments.drill else restore(settings, folder, manifest)


def restore(settings: Deployment, folder: Path, manifest: Manifest) -> int:
    """The files of evidence first: what is interrupted before the ledger is there can be begun again."""
    needed = [part for part in manifest.parts if not part.name.startswith("evidence/")]
    if damaged := damages(folder, needed):
        show_damaged(damaged)
        raise NotTheSame(str(folder))
    evidence = store.evidence.opened(settings)
    with reached(settings) as (dsn, embedded):
        refuse_unless_empty(dsn, settings.schema)
        parts = list(manifest.evidence())
        with bar("佐证 " if chinese() else "evidence ", len(parts)) as advance:
            damaged = put_evidence(evidence, folder, parts, advance)
        chosen = programs(dsn, manifest.pg_dump, embedded)
        pour(chosen, folder, manifest, settings.schema)
        if wrong := unguarded(dsn, settings.schema):
            show_unguarded(wrong)
            return 1
        projected = project(dsn, settings.schema, manifest)
    with closing(store.security_log.opened(settings)) as log:
        log.note(typed("grant", "restore", folder=str(folder), entries=manifest.entries))
    show_damaged(damaged)
    show_lacking(manifest)
    say(
        f"已恢复到 {deployed(settings)}：{manifest.entries:,} 条记录与备份时逐字节一致，至 @{manifest.position}；"
        f"佐证文件 {len(parts) - len(damaged):,} 份。备份之后作废的令牌、删除的姓名须重新办理。",
        f"restored to {deployed(settings)}: {manifest.entries:,} entries are byte for byte as they were backed up, up to"
        f" @{manifest.position}; {len(parts) - len(damaged):,} files of evidence. Tokens revoked and names erased since the"
        " backup must be revoked and erased again.",
    )
    if not projected:
        return 1
    return INCOMPLETE if damaged or manifest.wrong else 0


def drill(settings: Deployment, folder: Path, manifest: Manifest) -> int:
    """Everything that is wrong is told, not only the first of it."""
    with bar("核对文件 " if chinese() else "reading the parts ", sum(part.bytes for part in manifest.parts)) as advance:
        damaged = damages(folder, manifest.parts, advance)
    show_damaged(damaged)
    sound = not damaged
    if not {damage.name for damage in damaged} & {part.name for part in manifest.ledger()}:
        with reached(settings) as (dsn, embedded), ExitStack() as stack:
            chosen = programs(dsn, manifest.pg_dump, embedded)
            beside = stack.enter_context(scratch(chosen))
            sound &= try_out(dsn, beside, folder, manifest, settings.schema)
    show_lacking(manifest)
    if not sound:
        say(
            "演练未通过：此备份不能完整恢复，详见上文。",
            "the drill FAILED: see above what is not as it should be.",
            error=True,
        )
        return 1
    if manifest.wrong:
        say(
            "演练：台账可完整恢复；以上佐证文件在备份时即已缺失。",
            "the drill: the ledger can be restored whole; the files of evidence above were not there when it was backed up.",
            error=True,
        )
        return INCOMPLETE
    say(
        f"演练通过：{manifest.entries:,} 条记录逐字节一致，查询数据已重建，佐证文件齐全。",
        f"the drill passed: {manifest.entries:,} entries byte for byte, read models rebuilt, all files of evidence there.",
    )
    return 0


def try_out(live: str, beside: Tools, folder: Path, manifest: Manifest, schema: str) -> bool:
    """Whether the backup, restored beside the live ledger, is the same as what it says and as the live one was then."""
    pour(beside, folder, manifest, schema)
    sound = True
    kept = {part.name for part in manifest.parts} | {evidence_part(file.sha256) for file in manifest.wrong}
    lacking = [digest for digest in named(beside.dsn, schema) if evidence_part(digest) not in kept]
    if lacking:
        sound = False
        show_damaged([Damage(evidence_part(digest), "missing") for digest in lacking])
    if wrong := unguarded(beside.dsn, schema):
        sound = False
        show_unguarded(wrong)
    sound &= project(beside.dsn, schema, manifest)
    if not holds(live, schema):
        say(
            "此处没有台账可供对照，仅与备份清单核对。",
            "there is no ledger here to compare with: compared with the manifest alone.",
        )
        return sound
    return same_entries(live, beside.dsn, manifest, schema) & same_lines(live, beside.dsn, manifest, schema) & sound


def same_entries(live: str, beside: str, manifest: Manifest, schema: str) -> bool:
    """Entries, requests and streams against the live ones up to the backup's position."""
    with connected(live, schema) as here, connected(beside, schema) as there:
        wrong = []
        for table in TABLES:
            found = printed(here, schema, table, manifest.position)
            told = manifest.tables[table]
            if (found.rows, found.sha256) != (told.rows, told.sha256):
                wrong.append(table)
        if not wrong:
            say(
                f"与现行台账至 @{manifest.position} 的 {manifest.entries:,} 条逐字节一致。",
                f"the same as the live ledger up to @{manifest.position}: {manifest.entries:,} entries, byte for byte.",
            )
            return True
        shown, count = differences(here, there, manifest.position, SHOWN)
    for one in shown:
        zh, en = ("内容不同", "differs") if one.here and one.there else ("仅在备份中", "only in the backup")
        zh, en = (zh, en) if one.there else ("仅在现行台账中", "only in the live ledger")
        say(f"{zh}：{one.name}（@{one.position}）", f"{en}: {one.name} (@{one.position})", error=True)
    say(
        f"备份与现行台账至 @{manifest.position} 不一致：{'、'.join(wrong)}；记录 {count:,} 条不同。",
        f"the backup and the live ledger are not the same up to @{manifest.position}: {', '.join(wrong)};"
        f" {count:,} entries differ.",
        error=True,
    )
    return False


def same_lines(live: str, beside: str, manifest: Manifest, schema: str) -> bool:
    """The rebuilt read model against the live one, as both stood at the backup's position."""
    reached_here = stands(live, schema)
    if reached_here is None:
        say(
            "现行查询数据尚未生成或由其他版本生成，未作比对。",
            "the live read model is not there, or another version's: not compared.",
        )
        return True
    position = min(reached_here, manifest.position)
    rebuilt, here = print_at(beside, schema, position), print_at(live, schema, position)
    if rebuilt == here:
        say(
            f"重建的查询数据与现行的一致：至 @{position} 共 {here.rows:,} 行。",
            f"the rebuilt read model is the same as the live one: {here.rows:,} lines up to @{position}.",
        )
        return True
    say(
        f"重建的查询数据与现行的不一致（至 @{position}：{rebuilt.rows:,} 与 {here.rows:,} 行）：请执行 lifecycle rebuild。",
        f"the rebuilt read model is not the same as the live one up to @{position} ({rebuilt.rows:,} and {here.rows:,}"
        " lines): run lifecycle rebuild.",
        error=True,
    )
    return False


def pour(chosen: Tools, folder: Path, manifest: Manifest, schema: str) -> None:
    size = sum(part.bytes for part in manifest.ledger())
    with bar("恢复台账 " if chinese() else "restoring the ledger ", size) as advance:
        load(chosen, folder, manifest, schema, advance)


def project(dsn: str, schema: str, manifest: Manifest) -> bool:
    """Whether the read models could be made from the restored ledger."""
    try:
        with bar("重建 " if chinese() else "rebuilding ", manifest.position) as advance:
            rebuild(dsn, schema, advance)
    except Poisoned as poisoned:
        say(f"查询数据未能重建：{poisoned}", f"the read models could not be rebuilt: {poisoned}", error=True)
        return False
    return True


def show_damaged(damaged: list[Damage]) -> None:
    for damage in damaged:
        zh = "缺失" if damage.state == "missing" else "被改动"
        say(f"备份文件{zh}：{damage.name}", f"part of the backup {damage.state}: {damage.name}", error=True)


def show_lacking(manifest: Manifest) -> None:
    """What the backup could not take when it was made."""
    for file in manifest.wrong:
        show_wrong(file)


def show_unguarded(wrong: list[str]) -> None:
    told = ", ".join(wrong)
    say(f"台账的保护未生效：{told}", f"the ledger is not protected as it should be: {told}", error=True)
