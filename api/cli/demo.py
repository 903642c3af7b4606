"""`lifecycle demo`: an empty ledger is filled with the demonstration district, and what to look at it with is printed:
two tokens for programs, and an account for each sort of reader."""

import argparse
from datetime import date, datetime

from api.access.tokens import NewToken, make
from api.cli import chinese, say
from api.cli.progress import bar
from api.demo.cast import Cast, Person
from api.demo.filling import SEED, SIZE, SMALLEST, UNTIL, fill, refuse_unless_empty, write
from api.demo.words import AUDIT, COMMERCE, LEADERS, OFFICE, STREETS
from api.services import Services, services
from domain.entry import SHANGHAI, Role
from store.holders import Serving
from store.passwords import one_time
from store.settings import deployment

ABOUT = 45
"""Acts a project has in the two years, about: how long the bar is drawn."""


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("demo", help="填入演示区（虚构数据） / fill in a made-up district")
    parser.add_argument("--seed", type=int, default=SEED, help="同一种子，同一演示区 / the same seed, the same district")
    parser.add_argument("--until", type=date.fromisoformat, default=UNTIL, help="演示的最后一天 / its last day (2026-10-31)")
    parser.add_argument("--projects", type=int, default=SIZE, help="项目个数 / how many projects (108)")
    parser.set_defaults(main=main)


def main(arguments: argparse.Namespace) -> int:
    if arguments.until > min(datetime.now(SHANGHAI).date(), date(2150, 1, 1)) or arguments.until.year < 2000:
        say("--until 须为今天或以前的日期（2000 年起）。", "--until is a day from 2000 on, not after today.", error=True)
        return 2
    if not SMALLEST <= arguments.projects <= 999:
        say(f"--projects 须为 {SMALLEST} 至 999。", f"--projects is from {SMALLEST} to 999.", error=True)
        return 2
    with services(deployment(), size=4) as running:
        refuse_unless_empty(running)
        with bar("编演 " if chinese() else "playing ", ABOUT * arguments.projects) as advance:
            written = write(arguments.seed, arguments.until, arguments.projects, advance)
        with bar("审定 " if chinese() else "deciding ", written.lines.count(b"\n")) as advance:
            filled = fill(running, written, advance)
        say(
            f"演示区已填入：{filled.projects} 个项目、{filled.entries} 条记录，均为虚构，各项答复均注明 synthetic。",
            f"the demonstration district is in: {filled.projects} projects, {filled.entries} entries, all made up; "
            "every answer says so (synthetic).",
        )
        office = written.cast.people[OFFICE]
        for by, role, zh, en in (
            (office[2], Role.READER, "只读", "reader"),
            (office[3], Role.OFFICE, "重大项目办", "office"),
        ):
            token = token_of(running, by, role)
            say(f"{zh}令牌（仅显示这一次）：{token}", f"{en} token (shown this once): {token}")
        say(
            "页面登录（用户名与密码，仅显示这一次；重大项目办有审批权，首次登录须设置验证器）：",
            "for the pages (user names and passwords, shown this once; the office approves, so its first sign-in sets up "
            "an authenticator):",
        )
        for username, password, post in accounts(running, written.cast):
            say(f"  {username}  {password}  {post}", f"  {username}  {password}  {post}")
        say("下一步：docs/tutorial.md", "next: docs/tutorial.md")
    return 0


def accounts(running: Services, cast: Cast) -> list[tuple[str, str, str]]:
    """User name, password and post of one account for each sort of reader, in one street and above it."""
    street, office = STREETS[0].code, cast.people[OFFICE]
    made = []
    for username, person, role in (
        ("leader", cast.people[LEADERS][0], Role.LEADER),
        ("office", office[1], Role.OFFICE),
        ("clerk", cast.clerk(street), Role.CLERK),
        ("head", cast.deputy(street), Role.HEAD),
        ("bureau", cast.recogniser(COMMERCE), Role.BUREAU),
        ("auditor", cast.people[AUDIT][0], Role.AUDITOR),
    ):
        password = one_time()
        running.holders.make(username, person.ref, [Serving(person.unit, person.post, role)], password=False)
        running.signing_in.set_password(username, password)
        made.append((username, password, person.post))
    return made


def token_of(running: Services, by: Person, role: Role) -> str:
    """For somebody of the demonstration's office."""
    return make(running, NewToken(person=by.ref, unit=by.unit, post=by.post, role=role))[0]
