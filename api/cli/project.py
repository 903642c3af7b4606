"""`lifecycle project`: the projection worker as a process of its own."""

import argparse
import signal
import threading

from api.cli import heeded
from api.services import services
from projections.runner import Runner
from store.settings import deployment


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("project", help="投影进程 / the projection worker")
    parser.set_defaults(main=main)


def main(arguments: argparse.Namespace) -> int:
    stop = threading.Event()
    for number in heeded():
        signal.signal(number, lambda *_: stop.set())
    with services(deployment(), size=2) as running:
        Runner(running.dsn, running.schema).run(stop)
    return 0
