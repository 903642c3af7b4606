"""No route is open by omission, and the document describes them all."""

import pytest
from fastapi import FastAPI

from api.access.doors import Guarded, asks, router, unguarded
from api.app import create_app
from domain.command import Action, nouns
from tests.api.conftest import District

SIGNING_IN = {"/session", "/session/sign-on", "/session/sign-on/return"}
WAYS_IN = {
    "/",
    "/pages",
    "/pages/",
    "/pages/sign-in",
    "/pages/language",
    "/pages/static/{digest}/{name}",
    "/pages/{rest:path}",
}


def test_every_route_declares_its_action(district: District):
    app = create_app(district.services)
    routes = [r for r in app.routes if isinstance(r, Guarded)]
    assert unguarded(app) == []
    assert {r.path for r in routes if r.action == "public"} == {
        "/livez",
        "/readyz",
        "/metrics",
        "/openapi.json",
        *SIGNING_IN,
        *WAYS_IN,
    }


def test_a_route_without_an_action_cannot_be_made():
    open_door = router()
    with pytest.raises(TypeError, match="does not say which action"):
        open_door.add_api_route("/open", lambda: None)
    app = FastAPI()
    app.add_api_route("/open", lambda: None)
    assert "/open" in unguarded(app)
    assert asks(Action.FIGURES)["x-action"] == "figures"


def test_without_a_token_nothing_is_told(district: District):
    document = district.client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if operation["x-action"] != "public":
                url = (
                    path.replace("{code}", "XM-2026-001")
                    .replace("{label}", "district")
                    .replace("{token}", "x")
                    .replace("{sha256}", "0" * 64)
                )
                answer = district.client.request(method.upper(), url)
                assert answer.status_code == 401, (method, path)
                assert answer.headers["www-authenticate"] == "Bearer"


def test_the_document_is_good_enough_for_a_generated_client(district: District):
    document = district.client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    ids = [o["operationId"] for operations in document["paths"].values() for o in operations.values()]
    assert len(ids) == len(set(ids))
    text = district.client.get("/openapi.json").text
    names = set(document["components"]["schemas"])
    wanted = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert wanted <= names
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary") or operation.get("description"), path
            if operation["x-action"] != "public":
                assert {"session": []} in operation["security"]
                assert "401" in operation["responses"]
            if method == "post":
                assert "requestBody" in operation, path


def test_each_noun_of_a_project_has_its_route(district: District):
    paths = district.client.get("/openapi.json").json()["paths"]
    for noun, deeds in nouns("project").items():
        assert (f"/projects/{{code}}/{noun}" in paths) != deeds[0].begins
