"""`lifecycle migrate`: bring the database up to date; the service does it by itself when it starts."""

import argparse

from api.cli import say
from api.services import services
from store.settings import deployment


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("migrate", help="升级数据库结构 / bring the database up to date")
    parser.set_defaults(main=main)


def main(arguments: argparse.Namespace) -> int:
    with services(deployment(), size=1):
        say("数据库结构已是最新。", "the database is up to date.")
    return 0
