"""`lifecycle gates`: a table of stage gates, from a file or as shipped, as the body of POST /district/gates."""

import argparse
from datetime import date, datetime
from pathlib import Path

from pydantic import ValidationError

import domain.kinds  # noqa: F401  (fills the table of kinds)
from api.cli import say
from domain.entry import SHANGHAI
from domain.office.gates import AdoptGates, known_kinds
from store import shipped


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("gates", help="阶段关口文件转为请求体 / stage gates from a file, as a request body")
    parser.add_argument("file", type=Path, nargs="?", help="TOML；不填为随程序提供的 / absent: as shipped")
    parser.add_argument("--from", dest="day", type=date.fromisoformat, help="起用日期 / the day they begin (today)")
    parser.set_defaults(main=main)


def main(arguments: argparse.Namespace) -> int:
    """Exit code 1 where the file is no table of gates; what is wrong is told by its place in the file. Raises NoSuchKind."""
    day = arguments.day or datetime.now(SHANGHAI).date()
    try:
        table = shipped.gates() if arguments.file is None else shipped.read_gates(arguments.file.read_text("utf-8"))
    except ValidationError as error:
        for found in error.errors(include_url=False):
            place = ".".join(map(str, found["loc"]))
            say(f"{place}：{found['msg']}", f"{place}: {found['msg']}", error=True)
        return 1
    except (OSError, ValueError) as error:
        say(f"无法读取：{error}", f"cannot be read: {error}", error=True)
        return 1
    known_kinds(table)
    print(AdoptGates(occurred_on=day, gates=table).model_dump_json(exclude_defaults=True, indent=2))
    return 0
