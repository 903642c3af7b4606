"""The document is one that a client can be generated from."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.app import create_app
from api.rest.document import document
from api.rest.examples import by_path
from api.services import Services
from domain.command import TABLE
from domain.fact import KINDS

Schema = dict[str, Any]


@pytest.fixture
def described(running: Services) -> Schema:
    return document(create_app(running))


def operations(described: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def every(value: Any) -> Iterator[Schema]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from every(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from every(inner)


def test_every_operation_has_an_id_a_tag_a_summary_security_and_its_problems(described: Schema):
    assert described["openapi"].startswith("3.1.")
    ids: list[str] = []
    tags = {tag["name"] for tag in described["tags"]}
    for path, method, operation in operations(described):
        ids.append(operation["operationId"])
        assert set(operation["tags"]) <= tags, path
        assert operation["summary"], path
        expected = {"500", "503"}
        if operation["x-action"] != "public":
            ways: list[Schema] = (
                [{"session": []}] if operation["x-action"] == "session" else [{"token": []}, {"session": []}]
            )
            assert operation["security"] == ways, path
            expected |= {"401", "403", "404", "422"}
        if method == "post":
            expected |= {"400", "408", "409", "412", "413", "415"}
        assert expected <= set(operation["responses"]), (path, method)
        for status in expected:
            problem = operation["responses"][status]["content"]
            assert problem == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert len(ids) == len(set(ids))


def test_every_reference_leads_to_a_schema_and_no_schema_is_a_mere_reference(described: Schema):
    schemas = described["components"]["schemas"]
    wanted = {found["$ref"] for found in every(described) if isinstance(found.get("$ref"), str)}
    assert wanted <= {f"#/components/schemas/{name}" for name in schemas}
    assert [name for name, schema in schemas.items() if "$ref" in schema] == []
    titles = [schema["title"] for schema in schemas.values() if "title" in schema]
    assert len(titles) == len(set(titles))


def test_commands_that_share_a_noun_are_told_apart_by_act(described: Schema):
    for path, method, operation in operations(described):
        if method == "post" and path != "/evidence":
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            found = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            if "oneOf" in found:
                assert found["discriminator"]["propertyName"] == "act", path
                assert len(found["discriminator"]["mapping"]) == len(found["oneOf"]) > 1, path
    commands = {command.__name__ for command in TABLE}
    assert commands <= set(described["components"]["schemas"])


def test_a_correction_states_one_of_all_kinds_of_fact_told_apart_by_kind(described: Schema):
    schemas = described["components"]["schemas"]
    assert schemas["ProposeCorrection"]["properties"]["reads"] == {"$ref": "#/components/schemas/WholeFact"}
    whole = schemas["WholeFact"]
    assert set(whole["discriminator"]["mapping"]) == set(KINDS)
    for kind, ref in whole["discriminator"]["mapping"].items():
        schema = schemas[ref.rpartition("/")[2]]
        assert schema["properties"]["kind"]["const"] == kind
        assert {"kind", "occurred_on"} <= set(schema["required"])


def test_money_is_text_and_no_number_is_a_fraction(described: Schema):
    schemas = described["components"]["schemas"]
    assert schemas["Money"]["properties"]["amount"]["type"] == "string"
    assert schemas["Figure"]["properties"]["value"]["type"] == "string"
    fractions = [found for schema in schemas.values() for found in every(schema) if found.get("type") == "number"]
    assert fractions == []
    own_words = {"max_digits", "decimal_places"}
    assert [found for schema in schemas.values() for found in every(schema) if own_words & set(found)] == []


def test_every_body_has_an_example_and_every_command_its_headers(described: Schema):
    for path, method, operation in operations(described):
        if method == "post" and path != "/evidence":
            assert operation["requestBody"]["content"]["application/json"]["examples"] == by_path()[path]
        if operation["tags"] == ["commands"]:
            assert "Idempotency-Key" in {p["name"] for p in operation["parameters"]}, path


def test_every_question_takes_a_viewpoint(described: Schema):
    without = {"/vocabulary", "/feed", "/viewpoints", "/tasks"}
    for path, _, operation in operations(described):
        if operation["tags"] == ["questions"] and path not in without:
            taken = {p["name"] for p in operation["parameters"]}
            two = {"from_on", "from_known", "to_on", "to_known", "after"}
            assert taken >= (two if "/changes" in path else {"on", "known", "after"}), path
