"""One worked example of every command, in an order in which a ledger accepts them all; the tests post each of them."""

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from pydantic import JsonValue

Body = dict[str, JsonValue]
CODE = "XM-2026-001"


class Example(NamedTuple):
    """`path` as posted; several people take part, because nobody approves their own."""

    path: str
    body: Body
    by: str = "office"
    method: str = "POST"
    file: bytes | None = None
    """The raw body of an upload, which has no JSON."""

    @property
    def template(self) -> str:
        """The path as the document writes it."""
        _, first, *rest = self.path.partition("?")[0].split("/")
        if rest and len(rest) > 1 and first != "district":
            rest[0] = "{code}"
        if len(rest) == 4:
            rest[2] = "{unit}"
        return "/".join(("", first, *rest))


def cny(amount: str) -> dict[str, JsonValue]:
    return {"amount": amount, "currency": "CNY"}


def month(number: int, last: int, **more: JsonValue) -> Body:
    """Dated at the end of its period, as period figures are."""
    until = f"2026-{number:02d}-{last}"
    return on(until, period={"since": f"2026-{number:02d}-01", "until": until}, **more)


def on(day: str, **more: JsonValue) -> Body:
    return {"occurred_on": day, **more}


WANG: dict[str, JsonValue] = {"person": "p-wang", "post": "专员", "unit": "street-a"}
LI: dict[str, JsonValue] = {"person": "p-li", "post": "专员", "unit": "street-a"}


def office() -> Iterator[Example]:
    """Units, people, settings, lists, and judgements about them."""
    settings: Body = {"label": "XM", "name": "某区重大项目全程账", "currency": "CNY", "lands_on": ["land_paid"]}
    yield Example("/units", on("2026-01-01", code="bureau-c", name="丙局", sort="bureau"))
    settings["recognising"] = {"received": ["bureau-c"]}
    yield Example("/district/settings", on("2026-01-01", settings=settings))
    yield Example("/district/lists", on("2026-01-02", list="key-2026", title="2026年重点项目清单"))
    yield Example("/units", on("2026-01-01", code="street-a", name="甲街道办事处", sort="street"))
    yield Example("/units", on("2026-01-01", code="street-b", name="乙街道办事处", sort="street"))
    yield Example("/units/street-b/names", on("2026-02-01", name="乙镇人民政府", document="〔2026〕2号"))
    yield Example("/units/street-b/closings", on("2026-10-01", document="〔2026〕9号"))
    person = on("2026-01-01", ref="p-wang", name="王某", unit="street-a", title="科员")
    yield Example("/people", person)
    yield Example("/people", on("2026-01-01", ref="p-li", name="李某"))
    yield Example("/people/p-li/posts", on("2026-01-05", act="take", unit="street-a", title="专员"))
    yield Example("/people/p-li/posts", on("2026-10-31", act="leave", unit="street-a", title="专员"))
    published: Body = {"kind": "list_published", **on("2026-01-03", list="key-2026", title="2026年重点项目清单")}
    renamed: Body = {"kind": "unit_renamed", **on("2026-02-01", name="乙镇")}
    taken: Body = {"kind": "post_taken", **on("2026-01-06", unit="street-a", title="专员")}
    yield from judged("/district", 3, published, last=3)
    yield from judged("/units/street-b", 2, renamed, last=3)
    yield from judged("/people/p-li", 2, taken, last=3)
    contract: Body = {"stage": "signed", "kind": "signed", "evidence": ["contract"]}
    started: Body = {"stage": "under_construction", "kind": "construction_started", "evidence": ["permit"]}
    photo: Body = {**started, "evidence": ["site_photo"], "dated": True, "within_days": 30}
    tax: Body = {"stage": "at_capacity", "kind": "tax_paid", "evidence": ["tax_certificate"], "by": "entry"}
    gates: Body = {"name": "某区关口 2027", "expects": [contract, started, photo, tax]}
    yield Example("/district/gates", on("2027-01-01", gates=gates, document="〔2026〕30号"))
    new_year: list[JsonValue] = [{"day": f"2026-01-0{n}", "sort": "off", "name": "元旦"} for n in (1, 2, 3)]
    worked: JsonValue = {"day": "2026-01-04", "sort": "worked", "name": "元旦"}
    arranged: Body = {"year": 2026, "notice": "国务院办公厅关于2026年部分节假日安排的通知", "days": [*new_year, worked]}
    yield Example("/district/calendar", on("2026-01-02", **arranged))


OFFICE = ("office", "second", "leader")
AUDITORS = ("auditor", "second-auditor", "second-auditor")


def judged(stream: str, target: int, reads: Body, last: int, by: tuple[str, str, str] = OFFICE) -> Iterator[Example]:
    """Corrected, annulled and reinstated, each on another's approval; one proposal declined; signed for. `last`: before.

    `by`: who asks, who decides, who signs.
    """
    asks, decides, signs = by
    yield Example(f"{stream}/corrections", {"target": target, "reads": reads, "because": "核对原件，登记有误"}, asks)
    yield Example(f"{stream}/approvals", {"act": "approve", "proposal": last + 1}, decides)
    yield Example(f"{stream}/annulments", {"target": target, "because": "重复登记"}, asks)
    yield Example(f"{stream}/approvals", {"act": "approve", "proposal": last + 3}, decides)
    yield Example(f"{stream}/reinstatements", {"target": target, "because": "查实并非重复"}, asks)
    yield Example(f"{stream}/approvals", {"act": "approve", "proposal": last + 5}, decides)
    yield Example(f"{stream}/annulments", {"target": target, "because": "再次提出"}, asks)
    yield Example(f"{stream}/approvals", {"act": "decline", "proposal": last + 7, "because": "理由不足"}, decides)
    yield Example(f"{stream}/endorsements", {"target": target, "note": "情况属实"}, signs)


def life() -> Iterator[tuple[str, Body]]:
    """A project from lead to full output, an ending and a revival: noun and body."""
    yield "negotiations", on("2026-01-05", with_whom="某制造公司", summary="首次洽谈")
    signing = on("2026-01-10", level="contract", counterparty="某制造公司", paper="HT-2026-7")
    yield "signings", signing | {"agreed": cny("100000000.00"), "promised_start": "2026-03-01", "promised_jobs": 300}
    capital = on("2026-01-20", enterprise="某智能制造有限公司", credit_code="91330106MA00000000")
    yield "registrations", capital | {"capital": cny("50000000.00")}
    yield "land", on("2026-02-01", how="land_paid", area_mu="58.5", price=cny("36000000.00"), site="甲街道3号地块")
    yield "funds", on("2026-02-10", act="receive", amount=cny("5000000.00"), voucher="JZ-0001", payer="某制造公司")
    yield "funds", on("2026-02-20", act="return", amount=cny("1000000.00"), receipt=8, voucher="TK-0001")
    plan = on("2026-02-25", act="adopt", start="2026-03-01", completion="2026-08-31", document="〔2026〕5号")
    yield "plans", plan | {"investment": cny("80000000.00"), "reason": "历史数据补录"}
    revised = on("2026-05-01", act="revise", completion="2026-09-30", document="〔2026〕15号")
    yield "plans", revised | {"reason": "历史数据补录"}
    year: JsonValue = {"since": "2026-01-01", "until": "2026-12-31"}
    yield "plans", on("2026-02-25", act="period", period=year, investment=cny("60000000.00"))
    yield "forecasts", on("2026-06-30", indicator="invested", period=year, amount=cny("58000000.00"))
    yield "construction", on("2026-03-01", act="start")
    yield "construction", month(3, 31, act="progress", invested=cny("9000000.00"), percent="12.50")
    yield "construction", on("2026-04-10", act="pause", because="汛期停工")
    yield "construction", on("2026-04-20", act="resume")
    yield "construction", on("2026-09-28", act="complete")
    yield "operation", on("2026-10-10", act="start")
    yield "operation", on("2026-11-01", act="capacity")
    yield "taxes", month(10, 31, total=cny("1200000.00"), retained=cny("300000.00"))
    yield "jobs", on("2026-10-31", count=286)
    yield "benefits", month(10, 31, indicator="output", amount=cny("15000000.00"))
    remark: JsonValue = {"about": "schedule", "text": "按计划推进"}
    yield "ratings", on("2026-06-30", light="green", remarks=[remark])
    yield "statistics", on("2026-04-01", act="enter", register_code="TJ-001")
    cited: Body = {"act": "cite", "measure": "invested", "amount": cny("8800000.00"), "publication": "统计月报 2026-03"}
    yield "statistics", month(3, 31) | cited
    yield "descriptions", on("2026-03-15", category="先进制造", industry="装备制造业")
    officer: Body = {"role": "project_officer", "document": "〔2026〕3号"}
    yield "responsibilities", on("2026-01-05", act="assign", holder=WANG) | officer
    handed = on("2026-03-20", act="hand_over", outgoing=WANG, incoming=LI, open_matters=["征地款尾款未付"])
    yield "responsibilities", handed | officer
    yield "responsibilities", on("2026-10-31", act="end", holder=LI) | officer
    yield "transfers", on("2026-05-01", from_unit="street-a", to_unit="street-b", document="〔2026〕16号")
    yield "listings", on("2026-02-01", act="join", list="key-2026")
    yield "listings", on("2026-11-01", act="leave", list="key-2026")
    yield "endings", on("2026-11-10", act="end", how="lost", because="投资方撤回")
    yield "endings", on("2026-11-15", act="revive", document="〔2026〕21号", because="投资方恢复投资")


def several() -> Iterator[Example]:
    """What concerns several projects, or several units: shares, capital, a merger, a split, tax shared out."""
    other, third = "XM-2026-002", "XM-2026-003"
    yield Example("/projects", on("2026-11-16", name="西湖里三期", lead_unit="street-a"))
    enterprise = "某智能制造有限公司"
    increase: Body = {"act": "increase", "enterprise": enterprise, "paper": "验资〔2026〕8号"}
    capital = f"/projects/{CODE}/capital"
    yield Example(capital, on("2026-11-16", amount=cny("10000000.00")) | increase)
    yield Example(capital, on("2026-11-16", act="change_investor", investor="某控股公司", former="某制造公司"))
    for code, ratio in ((CODE, "0.6"), (other, "0.4")):
        yield Example(f"/projects/{code}/shares", on("2026-01-01", act="state", enterprise=enterprise, ratio=ratio))
    units: list[JsonValue] = [{"unit": "street-a", "ratio": "0.7"}, {"unit": "street-b", "ratio": "0.3"}]
    terms: Body = {"act": "agree", "role": "lead_unit", "shares": units, "remainder": "street-a", "until": "2027-01-01"}
    yield Example(f"/projects/{CODE}/shares", on("2026-01-01", document="联合招商协议〔2026〕1号") | terms)
    ended: Body = {"act": "end", "role": "lead_unit", "document": "联合招商协议〔2026〕9号"}
    yield Example(f"/projects/{CODE}/shares", on("2026-11-16") | ended)
    shared: Body = {"enterprise": enterprise, "parts": [{"project": CODE}, {"project": other}], "remainder": CODE}
    shared |= {"reason": "税款入库晚于项目进度"}
    yield Example("/district/taxes", month(9, 30, total=cny("1000000.01"), retained=cny("250000.00")) | shared)
    merger: Body = {"act": "absorb", "projects": [third], "document": "会议纪要〔2026〕30号"}
    yield Example(f"/projects/{other}/mergers", on("2026-11-17") | merger)
    new: list[JsonValue] = [{"name": "西湖里研发楼", "ratio": "0.25"}, {"name": "西湖里仓储区", "ratio": "0.15"}]
    split: Body = {"act": "split", "into": new, "document": "会议纪要〔2026〕31号"}
    yield Example(f"/projects/{CODE}/mergers", on("2026-11-17") | split)


def recognised() -> Iterator[Example]:
    """The office cites a bureau's document."""
    verdict: Body = {"target": 8, "outcome": "recognised", "amount": cny("3000000.00"), "authority": "bureau-c"}
    yield Example(f"/projects/{CODE}/verdicts", verdict | {"document": "认〔2026〕7号"}, "second")


def the_month(number: int) -> Iterator[Example]:
    """A return submitted, recalled, submitted again, sent back, revised, signed and accepted. `number`: its first fact."""
    yield Example("/periods", on("2026-10-01", code="2026-09", deadline="2026-12-31"))
    yield Example("/periods/2026-09/extensions", on("2026-10-08", unit="street-a", until="2027-01-31", ground="汛期"))
    jobs: Body = on("2026-11-16", count=300)
    line: Body = {"project": CODE, "noun": "jobs", "command": jobs}
    submit = on("2026-11-16", act="submit", lines=[line])
    returns = "/periods/2026-09/returns"
    yield Example(returns, submit, "clerk")
    yield Example(returns, {"act": "recall", "because": "填报有误"}, "clerk")
    yield Example(returns, submit, "clerk")
    yield Example(returns, {"act": "send_back", "unit": "street-a", "because": "人数请核实"})
    revised: Body = line | {"entry": number + 2, "command": jobs | {"count": 301}}
    yield Example(returns, submit | {"lines": [revised]}, "clerk")
    yield Example(returns, {"act": "sign"}, "head")
    yield Example(returns, {"act": "accept", "unit": "street-a"})
    reconciled = "/periods/2026-09/reconciliations"
    yield Example(reconciled, on("2026-11-20", act="open"))
    objection: JsonValue = {"entry": f"{CODE}#{number + 2}", "text": "另有12人未计入"}
    yield Example(reconciled, on("2026-11-21", act="object", objections=[objection], reason="补充材料后到"), "clerk")
    yield Example(reconciled, on("2026-11-22", act="confirm", reason="已核清"), "clerk")
    extended: Body = {"kind": "deadline_extended", **on("2026-10-08", unit="street-a", until="2027-02-15", ground="汛期")}
    yield from judged("/periods/2026-09", 2, extended, last=12)
    yield Example(f"{returns}/street-b/draft", {"nothing_to_report": True, "note": "本月无变化"}, method="PUT")
    yield Example(f"{returns}/street-b/submission", on("2026-11-19"))
    yield Example("/periods/2026-09/closings", on("2026-11-20"))


def the_year() -> Iterator[Example]:
    """What a project counts as in the year, exemptions of a project and of a unit, and a unit's targets."""
    project, whole = "/projects/XM-2026-002", {"since": "2026-01-01", "until": "2026-12-31"}
    classified = on("2026-11-17", year=2026, yearly_class="preparatory", document="〔2026〕23号")
    yield Example(f"{project}/classes", classified)
    grounds: Body = {"ground": "force_majeure", "because": "汛期持续强降雨", "approver": "p-li", "document": "〔2026〕24号"}
    rain: JsonValue = {"since": "2026-11-01", "until": "2027-01-31"}
    granted = on("2026-11-17", act="grant", period=rain, indicators=["starts", "invested"])
    yield Example(f"{project}/exemptions", granted | grounds)
    yield Example(f"{project}/exemptions", on("2026-11-18", act="end", exemption=3, because="雨停复工"))
    excused = on("2026-11-17", act="grant", period=dict(whole), indicators=["returns"])
    yield Example("/units/bureau-c/exemptions", excused | grounds | {"ground": "policy", "because": "职能划转期间"})
    yield Example("/units/bureau-c/exemptions", on("2026-11-18", act="end", exemption=2, because="划转完成"))
    yield Example("/targets", on("2026-02-01", code="2026", document="〔2026〕6号"))
    tasks = "/targets/2026/tasks"
    late: Body = {"reason": "历史数据补录"}
    wanted: Body = {"unit": "street-a", "indicator": "received", "basis": "recognised"}
    halves: list[JsonValue] = [{"period": f"2026-Q{n}", "amount": cny("20000000.00")} for n in (1, 2, 3, 4)]
    task = on("2026-02-01", amount=cny("80000000.00"), slices=halves, **wanted)
    yield Example(tasks, {"act": "issue", "document": "〔2026〕6号"} | task | late)
    adjusted = on("2026-09-01", act="adjust", amount=cny("60000000.00"), document="〔2026〕19号", **wanted)
    yield Example(tasks, adjusted | late)
    issued: Body = {"kind": "target_issued"}
    yield from judged("/targets/2026", 2, issued | task | {"occurred_on": "2026-02-02"}, last=3)


SLIP = b"%PDF-1.7\n% \xe8\xbf\x9b\xe8\xb4\xa6\xe5\x8d\x95\n%%EOF\n"


def attested() -> Iterator[Example]:
    """A file is uploaded once and speaks for a fact of each sort of stream, until it is withdrawn."""
    yield Example("/evidence?name=%E8%BF%9B%E8%B4%A6%E5%8D%95.pdf", {}, file=SLIP)
    file: Body = {"sha256": sha256(SLIP).hexdigest()}
    for stream, target in (
        (f"/projects/{CODE}", 8),
        ("/district", 3),
        ("/units/street-a", 1),
        ("/people/p-li", 2),
        ("/periods/2026-09", 1),
        ("/targets/2026", 1),
    ):
        about: Body = file | {"target": target}
        attach: Body = {"act": "attach", "sort": "bank_slip", "dated": "2026-02-10"}
        withdraw: Body = {"act": "withdraw", "because": "附错文件"}
        yield Example(f"{stream}/evidence", attach | about)
        yield Example(f"{stream}/evidence", withdraw | about)


def people_and_units() -> Iterator[Example]:
    """A change of name, two references that are one person, an erasure; units merged, asked for from either side."""
    yield Example("/people/p-wang/names", on("2026-11-20", name="王某某", document="户籍变更〔2026〕1号"))
    yield Example("/people", on("2026-11-20", ref="p-wang-2", name="王某某"))
    yield Example("/people/p-wang/identities", on("2026-11-20", other="p-wang-2", document="〔2026〕32号"))
    yield Example("/people/p-li/erasures", on("2026-11-21", ground="本人依法请求删除", document="〔2026〕33号"))
    for code, name in (("bureau-d", "丁局"), ("bureau-e", "戊局")):
        yield Example("/units", on("2026-11-20", code=code, name=name, sort="bureau"))
    reform: Body = {"document": "机构改革〔2026〕1号"}
    yield Example("/units/bureau-c/mergers", on("2026-11-21", act="absorb", units=["bureau-d"]) | reform)
    yield Example("/units/bureau-e/mergers", on("2026-11-21", act="merge_into", into="bureau-c") | reform)


def audited() -> Iterator[Example]:
    """A finding, its rectification sent back once and closed; a request and a site check; judged by auditors alone."""
    about: Body = {"title": "资金到位凭证", "projects": ["XM-2026-002"], "units": ["street-a"]}
    found: Body = {"text": "到位资金缺进账单原件", "entries": ["XM-2026-002#1"], "deadline": "2026-12-20"}
    yield Example("/audits", on("2026-11-22", act="find") | about | found, "auditor")
    asked: Body = {"title": "调阅合同", "text": "请提供投资合同原件", "units": ["street-a"], "deadline": "2026-12-01"}
    yield Example("/audits", on("2026-11-22", act="request") | asked, "auditor")
    seen: Body = {"title": "现场核查", "text": "塔吊两台在场", "projects": ["XM-2026-002"]}
    yield Example("/audits", on("2026-11-22", act="check") | seen, "auditor")
    audit = "/audits/2026-001"
    yield Example(f"{audit}/rectifications", on("2026-11-23", text="已补进账单"), "clerk")
    yield Example(
        f"{audit}/closings", on("2026-11-23", act="send_back", because="缺骑缝章", deadline="2026-12-25"), "auditor"
    )
    yield Example(f"{audit}/rectifications", on("2026-11-24", text="已补骑缝章", entries=["XM-2026-002#1"]), "clerk")
    closed: Body = {"kind": "audit_closed", **on("2026-11-25", note="佐证齐全，销号")}
    yield Example(f"{audit}/closings", on("2026-11-25", act="close", note="佐证齐全"), "auditor")
    yield from judged(audit, 5, closed, last=5, by=AUDITORS)
    about_it: Body = {"target": 1, "sha256": sha256(SLIP).hexdigest()}
    yield Example(f"{audit}/evidence", about_it | {"act": "attach", "sort": "bank_slip", "dated": "2026-02-10"}, "auditor")
    yield Example(f"{audit}/evidence", about_it | {"act": "withdraw", "because": "附错文件"}, "auditor")


def guided() -> Iterator[Example]:
    """Stand-ins appointed and one ended; instructions about a fact of each sort of stream, each from giving to closing."""
    for ref in ("p-zhao", "p-qian"):
        yield Example("/people", on("2026-11-26", ref=ref, name=f"{ref}某"))
    appointed: Body = {"act": "appoint", "until": "2027-06-01", "document": "AB岗〔2026〕1号"}
    for ref in ("p-zhao", "p-qian"):
        yield Example("/people/p-wang/stand-ins", on("2026-11-26", stand_in=ref) | appointed)
    yield Example("/people/p-wang/stand-ins", on("2026-11-26", act="end", stand_in="p-qian"))
    wanted: Body = {"target": 1, "text": "请牵头单位月底前协调解决用地问题", "due": "2099-12-31"}
    for stream, number, by in (
        (f"/projects/{CODE}", 60, "clerk"),
        ("/units/street-a", 4, "office"),
        ("/people/p-li", 16, "office"),
        ("/periods/2026-09", 26, "office"),
        ("/targets/2026", 15, "office"),
        ("/audits/2026-001", 17, "clerk"),
    ):
        yield Example(f"{stream}/instructions", wanted, "district-leader")
        yield from carried_out(stream, number, by, "district-leader")
    cited: Body = {"target": 3, "leader": "p-zhao", "document": "区长批示〔2026〕12号"}
    yield Example("/district/instructions", wanted | cited)
    yield from carried_out("/district", 18, "office", "second")


def carried_out(stream: str, number: int, by: str, closer: str) -> Iterator[Example]:
    """What was done about an instruction, by its entry's number: sent back once, then closed."""
    about: Body = {"instruction": number}
    yield Example(f"{stream}/instruction-answers", about | {"text": "已召开协调会"}, by)
    back: Body = {"act": "send_back", "because": "请写明办结时间", "due": "2099-12-31"}
    yield Example(f"{stream}/instruction-closings", about | back, closer)
    yield Example(f"{stream}/instruction-answers", about | {"text": "用地手续已于本月办结"}, by)
    yield Example(f"{stream}/instruction-closings", about | {"act": "close", "note": "同意办结"}, closer)


def examples() -> Iterator[Example]:
    """All of them, in order."""
    yield from office()
    entered = on("2026-01-03", name="西湖里智能制造基地", lead_unit="street-a", introducing_unit="street-b")
    code: JsonValue = {"scheme": "国家投资项目代码", "value": "2601-330106-04-01-000001"}
    yield Example("/projects", entered | {"industry": "制造业", "codes": [code]})
    for noun, body in life():
        yield Example(f"/projects/{CODE}/{noun}", body)
    talk: Body = {"kind": "negotiation_held", **on("2026-01-06", with_whom="某制造公司", summary="首次洽谈")}
    last = 3 + sum(1 for _ in life())
    yield from judged(f"/projects/{CODE}", 4, talk, last=last)
    yield from recognised()
    later = on("2026-11-16", document="〔2026〕22号", from_unit="street-b", to_unit="street-a")
    items: list[JsonValue] = [{"stream": "new", "noun": "projects", "command": on("2026-11-16", name="西湖里二期")}]
    items.append({"stream": CODE, "noun": "transfers", "command": later})
    yield Example("/batches", {"commands": items, "joint": False})
    yield from the_month(last + 9 + 1 + 1 + 1)
    yield from the_year()
    yield from several()
    yield from attested()
    yield from people_and_units()
    yield from audited()
    yield from guided()
    yield Example(
        "/tokens", {"person": "p-wang", "unit": "street-a", "post": "科员", "role": "unit", "days": 365}, "administrator"
    )


def by_path() -> dict[str, dict[str, Any]]:
    """The examples of each operation as OpenAPI wants them, the first of each act."""
    found: dict[str, dict[str, Any]] = {}
    for example in examples():
        if example.file is not None:
            continue
        name = str(example.body.get("act", "example"))
        found.setdefault(example.template, {}).setdefault(name, {"value": example.body})
    return found | {path: {"example": {"value": body}} for path, body in ACCOUNTS.items()}


MAPPING = """
list = "district-list"
title = "重大项目清单"
[columns]
name = { header = "项目名称" }
unit = { header = "责任单位" }
completion = { header = "计划竣工", formats = ["%Y-%m-%d"] }
[units]
street-a = { name = "甲街道" }
[[snapshots]]
file = "projects-2026-06.csv"
label = "2026-06"
as_at = 2026-06-30
recorded = 2026-07-01T09:00:00+08:00
"""
ACCOUNTS: dict[str, Body] = {
    "/session": {"username": "wang", "password": "山高水长 风物长宜放眼量"},
    "/session/code": {"code": "492039"},
    "/session/post": {"post": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"},
    "/accounts": {
        "username": "wang",
        "person": "p-wang",
        "posts": [{"unit": "street-a", "post": "科员", "role": "unit"}],
        "subject": "10025",
    },
    "/accounts/{account}/password": {"old": "k7m2p-x9w4r-tq6zn-ha3vd", "new": "山高水长 风物长宜放眼量"},
    "/accounts/{account}/totp": {"code": "492039"},
    "/accounts/{account}/resets": {"totp": True},
    "/accounts/{account}/closing": {},
    "/imports": {
        "mapped_by": MAPPING,
        "file": "projects-2026-06.csv",
        "content": b64encode("项目名称,责任单位,计划竣工\n西湖里改造,甲街道,2027-06-30\n".encode()).decode(),
    },
    "/accounts/{account}/posts": {"unit": "street-b", "post": "副科长", "role": "unit"},
}
"""What is no command: signing in, accounts, a snapshot."""
