"""`lifecycle account password`: who has the machine sets a password, the first administrator's too."""

import argparse
import getpass
import sys

from api.cli import say, typed
from api.services import services
from store.holders import FIRST_USER
from store.settings import deployment


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("account", help="账号 / accounts")
    what = parser.add_subparsers(dest="what", required=True)
    setting = what.add_parser("password", help="设定密码（从标准输入读取一行）/ set a password, a line of standard input")
    setting.add_argument("--username", default=FIRST_USER)
    parser.set_defaults(main=main)


def main(arguments: argparse.Namespace) -> int:
    """A password is never an argument: those are in every list of processes."""
    if sys.stdin.isatty():
        new = getpass.getpass("新密码 / new password: ")
        if new != getpass.getpass("再输一次 / once more: "):
            say("两次输入不同。", "These were not the same.", error=True)
            return 1
    else:
        new = sys.stdin.readline().rstrip("\n")
    with services(deployment(), size=2) as running:
        if running.signing_in.set_password(arguments.username, new):
            running.security.note(typed("grant", "account password", username=arguments.username))
            say("密码已设定，原有会话均已结束。", "The password is set; its sessions have ended.")
            return 0
        if arguments.username == FIRST_USER and running.holders.first(password=new):
            running.security.note(typed("grant", "first account", username=FIRST_USER))
            say("管理员账号已建立。", "The administrator's account is made.")
            return 0
    say("没有这个账号。", "There is no such account.", error=True)
    return 1
