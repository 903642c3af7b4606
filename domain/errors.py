"""Why the domain says no. The docstring is the message in English, `zh` the same in Chinese; nothing of HTTP here."""

from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

Sort = Literal["invalid", "conflict", "forbidden", "missing"]


class Refused(Exception):
    """This cannot be recorded."""

    zh: ClassVar[str] = "不能记录。"
    sort: ClassVar[Sort] = "conflict"

    def __init__(self, about: str = "", *, pointer: str | None = None) -> None:
        """`about` names what was refused (a voucher, a code, an entry); `pointer` is the JSON pointer into the command."""
        super().__init__(f"{self.english} ({about})" if about else self.english)
        self.about = about
        self.pointer = pointer
        self.item: int | None = None
        """Which of several commands in one request it was, from 0."""

    @property
    def english(self) -> str:
        return (type(self).__doc__ or "").strip()

    @property
    def code(self) -> str:
        """The stable name that programs match on: the class name in snake case."""
        name = type(self).__name__
        return "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(name))

    def said(self, chinese: bool) -> str:
        """The message in one language, with what it is about."""
        if chinese:
            return f"{self.zh.rstrip('。')}（{self.about}）。" if self.about else self.zh
        return f"{self.english.rstrip('.')} ({self.about})." if self.about else self.english


def in_one(told: str, chinese: bool) -> str:
    """Of a message in both languages, `English / 中文`, one; a message in one language is all of it."""
    english, _, other = told.rpartition(" / ")
    return other if chinese else english or told


class NotFound(Refused):
    """There is no such record."""

    zh = "没有这条记录。"
    sort = "missing"


class NotKnownThen(Refused):
    """The ledger did not know this yet at the viewpoint asked for (`known`); it was recorded later."""

    zh = "在所询问的时点（known）台账中尚无此项，它是之后才入账的。"
    sort = "missing"


class NotPermitted(Refused):
    """This role may not do this here; ask the major-projects office."""

    zh = "您的角色不能办理此事，请联系重大项目办。"
    sort = "forbidden"


class InTheFuture(Refused):
    """A fact cannot have happened after today."""

    zh = "事实的发生日期不能晚于今天。"
    sort = "invalid"


class UnknownUnit(Refused):
    """No unit with this code is in the ledger; enter it first (POST /units)."""

    zh = "台账中没有这个单位代码，请先登记单位（POST /units）。"
    sort = "invalid"


class UnknownPerson(Refused):
    """No person with this reference is in the ledger; enter them first (POST /people)."""

    zh = "台账中没有这个人员编号，请先登记人员（POST /people）。"
    sort = "invalid"


class UnknownProject(Refused):
    """No project with this code is in the ledger."""

    zh = "台账中没有这个项目编号。"
    sort = "invalid"


class UnknownEntry(Refused):
    """This stream has no such entry of the kind asked for."""

    zh = "本台账中没有所指的这条记录。"
    sort = "invalid"


class AlreadyEntered(Refused):
    """This is in the ledger already."""

    zh = "台账中已有这一条。"


class IsAnnulled(Refused):
    """The fact is annulled; reinstate it first."""

    zh = "该事实已作废，请先恢复。"


class ReasonNeeded(Refused):
    """This is irregular: it is recorded only with a reason (field `reason`)."""

    zh = "此项不合常规：须填写理由（reason）后方可记录。"
    sort = "invalid"

    def __init__(self, about: str = "", *, pointer: str | None = None, rules: "Sequence[Broken]" = ()) -> None:
        """`rules`: which ones, for forms that show them and ask for the reason."""
        super().__init__(about or "；".join(map(str, rules)), pointer=pointer)
        self.rules = tuple(rules)

    def said(self, chinese: bool) -> str:
        """The rules in one language, after whatever the refusal is about besides."""
        if not self.rules:
            return super().said(chinese)
        told = "；".join(r.said(True) for r in self.rules) if chinese else "; ".join(r.said(False) for r in self.rules)
        return f"{self.zh.rstrip('。')}（{told}）。" if chinese else f"{self.english.rstrip('.')} ({told})."


class Broken(NamedTuple):
    """A rule of irregularity that something breaks: its stable name, its words, and what exactly, where that says more."""

    rule: str
    zh: str
    en: str
    about: str = ""

    def said(self, chinese: bool) -> str:
        words = self.zh if chinese else self.en
        return f"{self.rule}: {words}" + (f" ({self.about})" if self.about else "")

    def __str__(self) -> str:
        return f"{self.rule}: {self.zh} / {self.en}" + (f" ({self.about})" if self.about else "")


class RateNeeded(Refused):
    """An amount in another currency needs its exchange rate and the rate's date (field `exchange`)."""

    zh = "外币金额须填写汇率及汇率日期（exchange）。"
    sort = "invalid"


class RateNotWanted(Refused):
    """An amount in the district's own currency carries no exchange rate."""

    zh = "本区本位币金额不应填写汇率。"
    sort = "invalid"


class NoDocument(Refused):
    """This is recorded only under a document; name it (field `document`)."""

    zh = "此项须有依据文件，请填写文件名称或文号（document）。"
    sort = "invalid"


class SelfApproval(Refused):
    """Nobody decides on what they asked for or recorded themselves, nor through a stand-in or a second account."""

    zh = "任何人不得审批本人提出或记录的事项，代办或另用账号亦然。"
    sort = "forbidden"
