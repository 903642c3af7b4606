"""`lifecycle token add | list | revoke`."""

import argparse
from uuid import UUID

from pydantic import ValidationError

from api.access.tokens import YEAR, NewToken, make, told
from api.cli import say, typed
from api.services import services
from domain.entry import Role
from store.settings import deployment


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("token", help="令牌 / tokens")
    what = parser.add_subparsers(dest="what", required=True)
    adding = what.add_parser("add", help="新建 / make one")
    adding.add_argument("--person", required=True, help="人员编号 / reference of a person in the ledger")
    adding.add_argument("--unit", required=True, help="单位代码 / code of a unit in the ledger")
    adding.add_argument("--post", required=True, help="职务 / post")
    adding.add_argument("--role", required=True, choices=[r.value for r in Role])
    adding.add_argument("--days", type=int, default=YEAR, help="有效天数 / days until it expires")
    adding.add_argument("--longer", action="store_true", help="确需超过 366 天 / more than 366 days is meant")
    adding.add_argument("--scopes", nargs="+", metavar="ACTION", help="只可用于 / the only actions it may be used for")
    what.add_parser("list", help="列出 / list them")
    revoking = what.add_parser("revoke", help="作废 / end one at once")
    revoking.add_argument("id", type=UUID)
    parser.set_defaults(main=main)


def main(arguments: argparse.Namespace) -> int:
    with services(deployment(), size=2) as running:
        match arguments.what:
            case "add":
                asked = {name: getattr(arguments, name) for name in NewToken.model_fields}
                try:
                    wanted = NewToken.model_validate(asked)
                except ValidationError as error:
                    for found in error.errors():
                        place, why = "--" + str(found["loc"][0]), found["msg"]
                        say(f"{place} 的值不可用：{why}", f"{place} cannot be used: {why}", error=True)
                    return 2
                clear, token = make(running, wanted)
                running.security.note(typed("grant", "token add", **told(token)))
                print(clear)
            case "list":
                for token in running.accounts.all():
                    ended = "revoked" if token.revoked_at else "expires " + str(token.expires_at or "-")
                    print(token.id, token.role, token.person, token.unit, token.post, ended, sep="\t")
            case _:
                if not running.accounts.revoke(arguments.id):
                    say("没有这个有效令牌。", "There is no such token to revoke.", error=True)
                    return 1
                running.security.note(typed("grant", "token revoke", token=str(arguments.id)))
    return 0
