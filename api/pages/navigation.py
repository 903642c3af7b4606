"""Where one can go from every page: what a role has no use for is not shown; what it may do, the routes decide."""

from typing import NamedTuple

from api.pages.wording import noted
from domain.entry import Role
from store.sessions import Session


class Section(NamedTuple):
    """`roles`: None is everybody signed in."""

    path: str
    name: str
    roles: frozenset[Role] | None = None


KEEPERS = frozenset({Role.ADMINISTRATOR})
READING_ALL = frozenset({Role.OFFICE, Role.LEADER, Role.AUDITOR, Role.READER})
"""Who reads the entries of every project."""
SETTLING = frozenset({Role.ADMINISTRATOR, Role.OFFICE, Role.AUDITOR})
"""Who has to do with the district's rules: its settings and its calendar."""
RECORDING = frozenset(
    (Role.ADMINISTRATOR, Role.OFFICE, Role.CLERK, Role.UNIT, Role.HEAD, Role.AUDITOR, Role.LEADER, Role.BUREAU)
)
"""Whoever may record anything."""
SECTIONS: tuple[Section, ...] = (
    Section("/pages/tasks", noted("待办"), frozenset(Role) - KEEPERS),
    Section("/pages/portfolio", noted("项目总览")),
    Section("/pages/projects", noted("项目清单")),
    Section("/pages/month", noted("月报")),
    Section("/pages/verdicts", noted("认定"), frozenset((Role.OFFICE, Role.BUREAU, Role.UNIT))),
    Section("/pages/approvals", noted("审批"), frozenset({Role.OFFICE, Role.AUDITOR})),
    Section("/pages/record", noted("录入"), RECORDING),
    Section("/pages/imports", noted("导入快照"), frozenset({Role.OFFICE})),
    Section("/pages/people", noted("人员与单位")),
    Section("/pages/instructions", noted("领导批示"), READING_ALL),
    Section("/pages/audits", noted("审计事项"), frozenset(Role) - KEEPERS),
    Section("/pages/feed", noted("审计台"), READING_ALL),
    Section("/pages/accounts", noted("账号"), KEEPERS),
    Section("/pages/tokens", noted("令牌"), KEEPERS),
    Section("/pages/settings", noted("本区设置"), SETTLING),
    Section("/pages/calendar", noted("日历"), SETTLING),
)


def sections(session: Session | None) -> list[Section]:
    """In the order of the bar; none before the sign-in is finished."""
    if session is None or session.waits_for is not None:
        return []
    return [s for s in SECTIONS if s.roles is None or Role(session.role) in s.roles]
