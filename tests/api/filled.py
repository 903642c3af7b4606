"""A small district with something of everything: what the examples of the OpenAPI document record, and who may ask."""

from dataclasses import dataclass

from fastapi.testclient import TestClient

from api.app import create_app
from api.rest.examples import examples
from api.services import Services
from domain.entry import Role
from store.holders import Serving

ISSUER = "https://sign-on.example"
CAST: tuple[tuple[str, str, Role], ...] = (
    ("office", "office", Role.OFFICE),
    ("second", "office", Role.OFFICE),
    ("leader", "office", Role.OFFICE),
    ("district-leader", "office", Role.LEADER),
    ("auditor", "office", Role.AUDITOR),
    ("second-auditor", "office", Role.AUDITOR),
    ("clerk", "street-a", Role.UNIT),
    ("head", "street-a", Role.UNIT),
    ("administrator", "office", Role.ADMINISTRATOR),
)
"""Whom the examples name."""


@dataclass(frozen=True)
class Asker:
    """Somebody of street-a in a role, with a token and an account that signs in by the single sign-on."""

    role: Role
    token: str
    subject: str


def filled(running: Services) -> list[Asker]:
    """Records every example; answers somebody for each role, who were no part of it."""
    tokens = {name: running.accounts.make(f"p-{name}", unit, "科员", role)[0] for name, unit, role in CAST}
    with TestClient(create_app(running)) as client:
        for example in examples():
            headers = {"Authorization": f"Bearer {tokens[example.by]}"}
            if example.file is not None:
                answer = client.request(example.method, example.path, content=example.file, headers=headers)
            else:
                answer = client.request(example.method, example.path, json=example.body, headers=headers)
            assert answer.is_success, (example, answer.text)
    return [_asker(running, role) for role in Role]


def _asker(running: Services, role: Role) -> Asker:
    ref = f"p-x-{role}"
    token, _ = running.accounts.make(ref, "street-a", "科员", role)
    running.holders.make(ref, ref, [Serving("street-a", "科员", role)], ref, password=False)
    return Asker(role, token, ref)
