"""People and units over HTTP: names at a viewpoint, merged, joined, and erased without a trace."""

import logging
from typing import Any

import psycopg
import pytest

from tests.api.conftest import District, P
from tests.api.test_imports_api import sent
from tests.api.test_work_api import look, until

NAME = "司马相如卿"
LATER = "司马长卿氏"
COLUMNS = """
SELECT n.nspname, c.relname, a.attname, a.atttypid::regtype::text
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'p', 't') AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND has_schema_privilege(n.oid, 'USAGE')
"""
"""Every column of every table, of whichever schema; for a superuser the out-of-line storage of long values as well."""


def places(dsn: str, *words: str) -> list[str]:
    """Where in the database one of these words stands: in a column's text or bytes, or in a page of a small table.

    Pages are read by a superuser alone: a server as in production shows its columns.
    """
    found = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        everything = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (True,)
        if everything:
            connection.execute("CHECKPOINT")
        tables = set()
        for schema, table, column, kind in connection.execute(COLUMNS).fetchall():
            value = f'"{column}"' if kind == "bytea" else f"convert_to(\"{column}\"::text, 'UTF8')"
            for word in words:
                asked = f'SELECT count(*) FROM "{schema}"."{table}" WHERE position(%s IN {value}) > 0'
                if connection.execute(asked.encode(), (word.encode(),)).fetchone() != (0,):
                    found.append(f"{schema}.{table}.{column}")
            tables.add(f'"{schema}"."{table}"')
        for table in sorted(tables) if everything else ():
            pages = connection.execute("SELECT pg_read_binary_file(pg_relation_filepath(%s))", (table,)).fetchone()
            found.extend(f"a page of {table}" for word in words if pages and word.encode() in pages[0])
    return found


def test_an_erased_person_leaves_every_answer_readable_and_no_trace_of_the_name(
    district: District, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    key = {"Idempotency-Key": "enter-officer"}
    entering = {"occurred_on": "2026-01-04", "ref": "p-officer", "name": NAME, "unit": "street-a", "title": "专员"}
    assert district.post("/people", entering, "administrator", **key).status_code == 201
    again = district.post("/people", entering | {"name": LATER}, "administrator", **key)
    assert (again.status_code, again.json()["code"]) == (422, "key_reused"), "though the digest does not know the name"
    district.recorded("/people/p-officer/names", {"occurred_on": "2026-03-01", "name": LATER})
    holder = {"person": "p-officer", "unit": "street-a"}
    assigned = {"act": "assign", "role": "project_officer", "holder": holder, "occurred_on": "2026-01-06"}
    district.recorded(f"{P}/responsibilities", assigned)
    district.recorded("/periods", {"occurred_on": "2026-02-01", "code": "2026-01", "deadline": "2026-12-31"})
    draft = {"nothing_to_report": True, "note": f"请{NAME}核对"}
    path = "/periods/2026-01/returns/street-a/draft"
    headers = {"Authorization": f"Bearer {district.tokens['clerk']}"}
    assert district.client.put(path, json=draft, headers=headers).is_success
    post = {"person": "p-officer", "unit": "street-a", "post": "专员", "role": "unit"}
    assert district.post("/tokens", post, "administrator").status_code == 201
    file = sent(f"项目名称,责任单位,计划竣工\n{NAME}纪念馆,甲街道,2027-06-30\n")
    kept = district.post("/imports?dry_run=true", file, Prefer="respond-async").headers["location"]
    assert until(district, kept, "ended")["status"] == 200
    known = district.entries()
    asked = [
        f"{P}?known=@{known}",
        f"{P}/timeline?known=@{known}",
        f"{P}/responsibility?known=@{known}&on=2026-02-01",
        f"/people/p-officer?known=@{known}",
        f"/people?known=@{known}",
        f"/portfolio?by=unit&known=@{known}",
    ]
    before = [district.get(path).json() for path in asked]
    assert before[2]["names"]["persons"]["p-officer"] == NAME, "as it was on the day"
    assert before[0]["names"]["persons"]["p-officer"] == LATER
    assert [n["name"] for n in before[3]["person"]["names"]] == [NAME, LATER]
    assert [h["project"] for h in before[3]["person"]["holds"]] == ["XM-2026-001"]
    assert places(district.services.dsn, NAME, LATER) != []

    body = {"occurred_on": "2026-06-01", "ground": "本人依法请求删除", "document": "〔2026〕33号"}
    assert district.post("/people/p-officer/erasures", body, "clerk").status_code == 403
    erasure = district.recorded("/people/p-officer/erasures", body)["entry"]
    repeated = district.post("/people", entering, "administrator", **key)
    assert repeated.status_code == 201, "a repeat hears the first answer, and brings no name back"
    assert places(district.services.dsn, NAME, LATER) == []
    assert look(district, kept).status_code == 404, "what was compared for an import and bears the name"
    assert not any(word in caplog.text for word in (NAME, LATER))
    refused = district.post("/people/p-officer/names", {"occurred_on": "2026-06-02", "name": NAME})
    assert (refused.status_code, refused.json()["code"]) == (409, "names_erased")

    after = [district.get(path).json() for path in asked]
    assert [nameless(answer) for answer in after] == [nameless(answer) for answer in before]
    told = after[2]["names"]
    assert (told["persons"]["p-officer"], told["erased"]) == ("已依法删除 / erased by law", ["p-officer"])
    assert {n["name"] for n in after[3]["person"]["names"]} == {"已依法删除 / erased by law"}
    assert after[3]["person"]["erased"]["sources"] == [erasure]
    row = next(p for p in after[4]["people"] if p["person"] == "p-officer")
    assert (row["name"], row["erased"]) == ("已依法删除 / erased by law", True)
    left = district.services.drafts.find("2026-01", "street-a")
    assert left is not None
    assert left.content["note"] == "请已依法删除核对"


def nameless(answer: Any) -> Any:
    """All of an answer but names, and whether they are gone."""
    if isinstance(answer, dict):
        return {k: nameless(v) for k, v in answer.items() if k not in ("names", "name", "erased")}
    return [nameless(v) for v in answer] if isinstance(answer, list) else answer


def test_a_merged_unit_is_told_with_what_it_still_holds_and_names_are_those_of_the_day(district: District):
    district.recorded("/units/street-b/names", {"occurred_on": "2026-02-01", "name": "乙街道（新）"})
    merger = {"act": "absorb", "units": ["street-a"], "occurred_on": "2026-07-01", "document": "机构改革〔2026〕1号"}
    district.recorded("/units/street-b/mergers", merger)
    gone = district.get("/units/street-a?on=2026-08-01").json()
    assert gone["unit"]["dissolved"] == {"since": "2026-07-01", "into": "street-b", "sources": ["unit:street-a#2"]}
    assert [(h["project"], h["held"]["role"]) for h in gone["unit"]["holds"]] == [("XM-2026-001", "lead_unit")]
    assert [(p["person"], p["title"]) for p in gone["unit"]["posts"]] == [("p-clerk", "科员")]
    kept = district.get("/units/street-b?on=2026-08-01").json()["unit"]
    assert [a["unit"] for a in kept["absorbed"]] == ["street-a"]
    assert [n["name"] for n in kept["names"]] == ["street-b", "乙街道（新）"]
    rows = {u["unit"]: u for u in district.get("/units?on=2026-08-01").json()["units"]}
    assert (rows["street-a"]["closed"], rows["street-a"]["merged_into"]) == (True, "street-b")
    assert district.get("/units/street-a?on=2026-06-30").json()["unit"]["dissolved"] is None
    status = district.get(f"{P}?on=2026-08-01").json()
    assert [(d["role"], d["merged_into"]) for d in status["status"]["dissolved"]] == [("lead_unit", "street-b")]
    assert status["names"]["units"]["street-b"] == "乙街道（新）"
    assert district.get(f"{P}/responsibility?on=2026-08-01").json()["responsibility"]["dissolved"] != []
    assert district.get("/units/nowhere").status_code == 404
    assert district.get("/people/p-nobody").status_code == 404
    assert district.get("/people/p-clerk?known=@1").json()["code"] == "not_known_then"


def test_two_references_of_one_person_are_told_and_their_decisions_marked(district: District):
    district.recorded(f"{P}/annulments", {"target": 3, "because": "误报"})
    district.recorded(f"{P}/approvals", {"act": "approve", "proposal": 5}, "second")
    known = district.entries()
    joining = {"occurred_on": "2026-06-01", "other": "p-second", "document": "〔2026〕32号"}
    district.recorded("/people/p-office/identities", joining)
    found = district.get("/irregularities?rule=self_approved").json()["projects"]
    assert [(m["entry"], m["about"]) for m in found[0]["marks"]] == [("XM-2026-001#3", "XM-2026-001#6: p-second = p-office")]
    assert district.get(f"/irregularities?rule=self_approved&known=@{known}").json()["projects"] == []
    assert [j["other"] for j in district.get("/people/p-second").json()["person"]["joined"]] == ["p-office"]
    later = district.get("/people/p-second").json()["person"]["self_approved"]
    assert later == [{"decision": "XM-2026-001#6", "about": "XM-2026-001#3", "people": ["p-second", "p-office"]}]
    assert district.get("/people/p-office").json()["person"]["self_approved"] == [], "who only asked"
    assert district.get(f"/people/p-second?known=@{known}").json()["person"]["self_approved"] == []
    district.recorded(f"{P}/reinstatements", {"target": 3, "because": "属实"})
    refused = district.post(f"{P}/approvals", {"act": "approve", "proposal": 7}, "second")
    assert (refused.status_code, refused.json()["code"]) == (403, "self_approval")


def test_personal_data_in_a_text_is_refused_with_its_place_unless_a_reason_stands_beside_it(district: District):
    talk = {"occurred_on": "2026-02-01", "with_whom": "乙公司", "summary": "请致电13812345678"}
    refused = district.post(f"{P}/negotiations", talk)
    assert (refused.status_code, refused.json()["code"]) == (422, "personal_data")
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["rule"]) == ("/summary", "personal_number")
    english = district.post(f"{P}/negotiations", talk, **{"Accept-Language": "en"}).json()
    assert "mobile number" in english["detail"]
    assert "13812345678" not in english["detail"] + refused.text
    named = district.post(f"{P}/negotiations", talk | {"summary": "由姓名p-clerk陪同"})
    assert [e["rule"] for e in named.json()["errors"]] == ["person_named"]
    dry = district.post(f"{P}/negotiations?dry_run=true", talk).json()
    assert dry["reason_needed"] is True
    assert [r["rule"] for r in dry["entries"][0]["irregular"]] == ["personal_number"]
    entry = district.recorded(f"{P}/negotiations", talk | {"reason": "企业公开的招商热线"})["entry"]
    found = district.get("/irregularities?rule=personal_number").json()["projects"][0]["marks"]
    assert [(m["entry"], m["reason"], m["at_viewpoint"]) for m in found] == [(entry, "企业公开的招商热线", True)]
    token = {"person": "p-clerk", "unit": "street-a", "post": "科员13812345678", "role": "unit"}
    assert district.post("/tokens", token, "administrator").json()["code"] == "personal_data_here"
    many: dict[str, Any] = {"commands": [{"stream": "XM-2026-001", "noun": "negotiations", "command": talk}]}
    assert district.post("/batches", many).json()["errors"][0]["pointer"] == "/commands/0/command/summary"


def test_a_name_that_stands_in_the_text_of_an_entry_is_told_before_it_is_erased(district: District):
    """Recorded before the person was entered, when nobody could know it for a name."""
    talk = {"occurred_on": "2026-02-01", "with_whom": "乙公司", "summary": f"由{NAME}陪同"}
    entry = district.recorded(f"{P}/negotiations", talk)["entry"]
    district.recorded("/people", {"occurred_on": "2026-03-01", "ref": "p-officer", "name": NAME}, "administrator")
    erasing = {"occurred_on": "2026-06-01", "ground": "依法", "document": "文"}
    refused = district.post("/people/p-officer/erasures", erasing).json()
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("name_in_entries", "/reason")
    assert entry in refused["detail"]
    assert NAME not in str(refused)
    district.recorded("/people/p-officer/erasures", erasing | {"reason": "记录文字另行处理"})
