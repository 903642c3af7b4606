"""`lifecycle open`: decide what is staged, record it with its stated times, and open the ledger for good."""

import argparse

from api.cli import chinese, say
from api.cli.imports import show_refusal
from api.cli.progress import bar
from api.services import services
from api.sheets.staging import IMPORTER, Opening
from domain.entry import Source
from store.backfill import Backfill
from store.settings import deployment


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("open", help="启用台账 / open the ledger")
    parser.add_argument("--dry-run", action="store_true", help="只检查，不记录 / decide it all, record nothing")
    parser.set_defaults(main=main)


def main(arguments: argparse.Namespace) -> int:
    with services(deployment(), size=2) as running:
        backfill = Backfill(running.database.writing, running.reading, running.uploads.find)
        opening = Opening()
        with bar("审定 " if chinese() else "deciding ", running.reading.staged()) as advance:
            prepared = backfill.decide_all(opening.decide, IMPORTER, advance)
        for refusal in opening.refusals:
            show_refusal(refusal)
        entries = sum(len(e) for _, e in prepared.requests)
        if opening.refusals:
            say("有被拒绝的内容，台账未启用。", "something was refused; the ledger was not opened.", error=True)
            return 1
        if arguments.dry_run:
            say(f"将记录 {entries} 条。", f"{entries} entries would be recorded.")
            return 0
        last = backfill.open(prepared, IMPORTER, Source(door="cli"))
        for (ref, number), name in opening.names.items():
            running.people.remember(ref, name, number)
        running.people.sweep()
    requests = len(prepared.requests)
    say(
        f"台账已启用：补录 {requests} 次、{entries} 条，至 @{last}。此后记录时间一律以数据库时钟为准。",
        f"the ledger is open: {entries} entries in {requests} past requests, up to @{last}. "
        "From now on the database's clock alone says when.",
    )
    return 0
