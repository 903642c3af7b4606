"""The first start: one administrator, no secret that anybody knows already, and nobody else at the door until it is safe."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from api.cli.serve import announce, local, secured, shielded
from api.services import Services
from store.settings import BadSetting, Deployment, deployment


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, database: str, tmp_path: Path) -> Deployment:
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", database)
    monkeypatch.setenv("LIFECYCLE_HOME", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    return deployment()


def test_the_administrators_password_is_printed_once_and_must_be_changed_before_others_reach_the_service(
    running: Services, settings: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    announce(running, settings)
    announce(running, settings)
    said = capsys.readouterr().out
    assert said.count("one-time password") == said.count("lct_") == 1
    once = said.partition("at the first sign-in): ")[2].split()[0]
    opened = running.signing_in.with_password("administrator", once, address="127.0.0.1", agent="")
    assert opened.session.waits_for == "password"
    secured(running, settings)
    outside = replace(settings, host="0.0.0.0", proxy="https://ledger.example")
    with pytest.raises(BadSetting, match="lifecycle account password"):
        secured(running, outside)
    for given, code in (("short", 1), ("海阔凭鱼跃，天高任鸟飞。", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(given + "\n"))
        assert main(["account", "password"]) == code
        assert given not in "".join(capsys.readouterr())
    secured(running, outside)
    assert running.signing_in.sessions.find(opened.token) is None
    monkeypatch.setattr("sys.stdin", io.StringIO("海阔凭鱼跃，天高任鸟飞。\n"))
    assert main(["account", "password", "--username", "nobody"]) == 1


def test_a_password_chosen_before_the_first_start_needs_no_one_time_password(
    running: Services, settings: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("sys.stdin", io.StringIO("海阔凭鱼跃，天高任鸟飞。\n"))
    assert main(["account", "password"]) == 0
    announce(running, settings)
    assert "one-time" not in capsys.readouterr().out
    secured(running, replace(settings, host="0.0.0.0", proxy="https://ledger.example"))


def test_the_service_is_not_reached_in_clear_from_outside(settings: Deployment, tmp_path: Path):
    for host in ("0.0.0.0", "10.1.2.3", "::", "ledger.example"):
        outside = replace(settings, host=host)
        assert not local(outside)
        with pytest.raises(BadSetting, match="LIFECYCLE_TLS_CERTIFICATE_FILE") as refused:
            shielded(outside)
        assert "\n" not in str(refused.value)
        shielded(replace(outside, proxy="https://ledger.example"))
    for host in ("127.0.0.1", "127.8.8.8", "localhost", "::1"):
        shielded(replace(settings, host=host))
    file = tmp_path / "key.pem"
    file.write_text("")
    shielded(replace(settings, host="0.0.0.0", tls_certificate_file=file, tls_key_file=file))
    for certificate, key in ((file, None), (None, file), (file, tmp_path / "missing")):
        with pytest.raises(BadSetting):
            shielded(replace(settings, tls_certificate_file=certificate, tls_key_file=key))


@pytest.mark.parametrize(
    "wrong",
    [
        {"LIFECYCLE_PROXY": "http://ledger.example"},
        {"LIFECYCLE_PROXY": "https://ledger.example/path"},
        {"LIFECYCLE_PROXY": "ledger.example"},
        {"LIFECYCLE_OIDC_ISSUER": "http://sso.example", "LIFECYCLE_OIDC_CLIENT_ID": "ledger"},
        {"LIFECYCLE_OIDC_ISSUER": "https://sso.example"},
        {
            "LIFECYCLE_OIDC_ISSUER": "https://sso.example",
            "LIFECYCLE_OIDC_CLIENT_ID": "ledger",
            "LIFECYCLE_OIDC_CLIENT_SECRET_FILE": "/nowhere",
        },
    ],
)
def test_an_address_that_is_not_safe_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]):
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting, match="LIFECYCLE_"):
        deployment()


def test_secrets_of_the_single_sign_on_come_from_a_file_and_are_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    file = tmp_path / "secret"
    file.write_text("canary-7f3a\n")
    monkeypatch.setenv("LIFECYCLE_PROXY", "https://ledger.example/")
    monkeypatch.setenv("LIFECYCLE_OIDC_ISSUER", "https://sso.example/realms/district/")
    monkeypatch.setenv("LIFECYCLE_OIDC_CLIENT_ID", "ledger")
    monkeypatch.setenv("LIFECYCLE_OIDC_CLIENT_SECRET_FILE", str(file))
    found = deployment()
    assert found.proxy == "https://ledger.example"
    assert found.sign_on is not None
    assert (found.sign_on.issuer, found.sign_on.claim) == ("https://sso.example/realms/district/", "sub")
    assert found.sign_on.client_secret == "canary-7f3a"
    assert "canary-7f3a" not in repr(found)
