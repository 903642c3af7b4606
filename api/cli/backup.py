"""`lifecycle backup`: everything that must survive, in one folder, while the service goes on."""

import argparse
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg

import store.evidence
import store.security_log
from api.cli import chinese, say, typed
from api.cli.progress import Advance, bar
from api.services import reached
from store.backup import Source, Stage, Taken, settings_of, take
from store.manifest import WrongFile
from store.settings import Deployment, deployment
from store.tools import tools

INCOMPLETE = 3
"""Made, and files of evidence are missing from it."""
STATES = {"missing": "缺失", "altered": "被改动", "away": "无法读取"}


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("backup", help="备份 / take a backup, while the service goes on")
    parser.add_argument("--to", type=Path, help="存放备份的文件夹 / folder for backups (LIFECYCLE_HOME/backups)")
    parser.set_defaults(main=main)


def main(arguments: argparse.Namespace) -> int:
    """0 when all is in the backup; 3 when it was made and files of evidence could not be taken whole; 1 when none was."""
    settings = deployment()
    into = (arguments.to or settings.home / "backups").absolute()
    evidence = store.evidence.opened(settings)
    with reached(settings, as_written=True) as (dsn, embedded):
        with psycopg.connect(dsn) as connection:
            major = connection.info.server_version // 10_000
        chosen = tools(dsn, major, embedded)
        with Progress() as progress:
            taken = take(Source(dsn, settings.schema, chosen, evidence, settings_of(settings)), into, progress.advance)
    with closing(store.security_log.opened(settings)) as log:
        log.note(typed("export", "backup", folder=str(taken.folder), entries=taken.manifest.entries))
    show(taken)
    return INCOMPLETE if taken.manifest.wrong else 0


class Progress:
    """A bar for each of the ledger's tables, in bytes, then one for the files of evidence."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._of: tuple[Stage, int] | None = None
        self._advance: Advance = lambda _: None

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def advance(self, stage: Stage, done: int, total: int) -> None:
        if (stage, total) != self._of:
            self._stack.close()
            zh, en = ("台账 ", "the ledger ") if stage == "ledger" else ("佐证 ", "evidence ")
            self._advance, self._of = self._stack.enter_context(bar(zh if chinese() else en, total)), (stage, total)
        self._advance(done)


def show(taken: Taken) -> None:
    made = taken.manifest
    for file in made.wrong:
        show_wrong(file)
    files, size = sum(1 for _ in made.evidence()), sum(part.bytes for part in made.parts)
    say(
        f"已备份至 {taken.folder}：{made.entries:,} 条记录，至 @{made.position}；佐证文件 {files:,} 份；"
        f"共 {size / 1e6:,.1f} MB。\n清单校验值（请另处留存）：{taken.checksum}",
        f"backed up to {taken.folder}: {made.entries:,} entries, up to @{made.position}; {files:,} files of evidence;"
        f" {size / 1e6:,.1f} MB.\nthe manifest's checksum, to be kept elsewhere: {taken.checksum}",
    )
    if made.wrong:
        say(
            f"注意：{len(made.wrong)} 份佐证文件未能完整备份（见上）；重新上传同一文件即可补回。",
            f"WARNING: {len(made.wrong)} files of evidence are not in this backup, see above; upload the same files again.",
            error=True,
        )


def show_wrong(file: WrongFile) -> None:
    cited = ", ".join(file.cited)
    told = f"{file.sha256} {file.name} ← {cited}" if cited else f"{file.sha256} {file.name}"
    say(f"{STATES[file.state]}：{told}", f"{file.state}: {told}", error=True)


def deployed(settings: Deployment) -> str:
    """Where this deployment keeps its ledger, without a password."""
    return str(settings_of(settings)["LIFECYCLE_DATABASE_URL"] or settings.home)
