"""`lifecycle rebuild`: make the read models anew beside the old ones, then swap."""

import argparse

from api.cli import chinese, say
from api.cli.progress import bar
from api.services import services
from projections.rebuild import rebuild
from store.settings import deployment


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("rebuild", help="重建查询数据 / rebuild the read models")
    parser.set_defaults(main=main)


def main(arguments: argparse.Namespace) -> int:
    with services(deployment(), size=2) as running:
        total = running.reading.head().position
        with bar("重建 " if chinese() else "rebuilding ", total) as advance:
            reached = rebuild(running.dsn, running.schema, advance)
    say(f"已重建至 @{reached}。", f"rebuilt up to @{reached}.")
    return 0
