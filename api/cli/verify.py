"""`lifecycle verify --evidence`: every file that any entry names is read and hashed."""

import argparse
from hashlib import sha256

from api.cli import chinese, say
from api.cli.progress import bar
from api.services import Services, services
from store.evidence import FileMissing, forget
from store.settings import deployment
from store.uploads import NamedFile, Wrong

SHOWN = 20
"""Citations of one file that are told."""


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("verify", help="核验 / verify what is kept")
    what = parser.add_argument_group("核验什么 / what to verify")
    what.add_argument("--evidence", action="store_true", help="佐证文件逐一重读 / read and hash every file of evidence")
    parser.set_defaults(main=main)


def main(arguments: argparse.Namespace) -> int:
    if not arguments.evidence:
        say("请说明核验什么：--evidence。", "say what to verify: --evidence.", error=True)
        return 2
    with services(deployment(), size=2) as running:
        return verify_evidence(running)


def verify_evidence(running: Services) -> int:
    """0 when every file is as it was attached, 1 when one is missing or altered."""
    forget(running.evidence.incoming)
    named: set[bytes] = set()
    wrong: list[tuple[str, Wrong]] = []
    with bar("核验 " if chinese() else "verifying ", running.uploads.count_named()) as advance:
        for file in running.uploads.all_named():
            state = looked_at(running, file)
            if state is not None:
                wrong.append((file.sha256, state))
                show(file, state)
            named.add(bytes.fromhex(file.sha256))
            advance(len(named))
    orphans = sum(bytes.fromhex(digest) not in named for digest in running.evidence.all())
    done = running.uploads.verified(wrong, len(named), orphans)
    say(
        f"已核验 {done.files} 份佐证文件：缺失 {done.missing}，被改动 {done.altered}；未附于任何事实 {done.orphans}。",
        f"{done.files} files of evidence verified: {done.missing} missing, {done.altered} altered;"
        f" {done.orphans} uploaded and never attached.",
    )
    return 1 if wrong else 0


def looked_at(running: Services, file: NamedFile) -> Wrong | None:
    """What is wrong with a file, read to its end. Raises EvidenceAway: nothing can be said then."""
    hashed = sha256()
    try:
        for piece in running.evidence.open(file.sha256):
            hashed.update(piece)
    except FileMissing:
        return "missing"
    return None if hashed.hexdigest() == file.sha256 else "altered"


def show(file: NamedFile, state: Wrong) -> None:
    """The digest, the name and the entries that name it."""
    cited = ", ".join(file.citations[:SHOWN]) + (" …" if len(file.citations) > SHOWN else "")
    zh, en = ("缺失", "missing") if state == "missing" else ("被改动", "altered")
    say(f"{zh}：{file.sha256} {file.name} ← {cited}", f"{en}: {file.sha256} {file.name} ← {cited}", error=True)
