"""`lifecycle serve`: the database, the projections and the API, until SIGTERM or Ctrl-C."""

import argparse
import errno
import gc
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from types import FrameType

import psycopg
import uvicorn

from api.access.connections import Hurried
from api.app import create_app
from api.cli import heeded, say, typed
from api.listening import Listening
from api.services import Services, services
from projections.runner import Runner
from store.holders import FIRST_USER
from store.server import DatabaseNotStarted
from store.settings import BadSetting, Deployment, deployment


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("serve", help="启动服务 / start the service")
    parser.set_defaults(main=main)


def main(arguments: argparse.Namespace) -> int:
    settings = deployment()
    shielded(settings)
    listener = _listen(settings)
    if listener is None:
        say(
            f"端口 {settings.port} 已被占用：服务可能已在运行；如需另开请设 LIFECYCLE_PORT。",
            f"port {settings.port} is taken: the service may be running already; set LIFECYCLE_PORT for another.",
            error=True,
        )
        return 1
    with suppress(KeyboardInterrupt), listener, services(settings) as running:
        announce(running, settings)
        secured(running, settings)
        _serve(running, settings, listener)
    return 0


def _listen(settings: Deployment) -> socket.socket | None:
    """The address, taken before the database is touched; None when somebody else has it. Raises BadSetting."""
    # Named as TCP: asyncio only then turns Nagle's algorithm off, which costs 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except OSError as refused:
        listener.close()
        if refused.errno == errno.EADDRINUSE:
            return None
        address = f"{settings.host}:{settings.port}"
        raise BadSetting(f"不能监听 {address} / cannot listen on {address}: {refused}") from refused
    return listener


def announce(running: Services, settings: Deployment) -> None:
    """On the first start only: the administrator's token, for automation, and account, for a person; how to try an empty
    ledger. Raises BadSetting."""

    def hand_over(token: str) -> None:
        if settings.admin_token_file is not None:
            write_secret(settings.admin_token_file, token)
        say(f"管理员令牌（仅显示这一次）：{token}", f"administrator token (shown this once): {token}")

    def show(username: str, password: str) -> None:
        say(
            f"管理员账号 {username}，一次性密码（仅显示这一次，首次登录须修改）：{password}",
            f"administrator's account {username}, one-time password"
            f" (shown this once, changed at the first sign-in): {password}",
        )

    if running.accounts.first_administrator(hand_over) is not None:
        running.security.note(typed("grant", "first token"))
    if running.holders.first(show):
        running.security.note(typed("grant", "first account", username=FIRST_USER))
    if not running.reading.head().position and not running.reading.staged():
        say(
            "台账为空。试用：另开终端运行 ./run demo，填入演示区（108 个虚构项目，全部标明演示），再看 docs/tutorial.md。",
            "the ledger is empty. To try it: ./run demo in another terminal fills in a demonstration district (108 made-up "
            "projects, all labelled), then docs/tutorial.md.",
        )


def local(settings: Deployment) -> bool:
    """Whether only this machine reaches the service."""
    try:
        return ip_address(settings.host).is_loopback
    except ValueError:
        return settings.host == "localhost"


def shielded(settings: Deployment) -> None:
    """Raises BadSetting where passwords would cross a network for everybody to read."""
    certificate, key = settings.tls_certificate_file, settings.tls_key_file
    if (certificate is None) != (key is None):
        raise BadSetting("LIFECYCLE_TLS_CERTIFICATE_FILE 与 LIFECYCLE_TLS_KEY_FILE 须一起设定 / set both or neither")
    for file in (certificate, key):
        if file is not None and not os.access(file, os.R_OK):
            raise BadSetting(f"不可读 / cannot be read: {file}")
    if not local(settings) and certificate is None and settings.proxy is None:
        raise BadSetting(
            f"LIFECYCLE_HOST={settings.host} 会让密码明文过网："
            "请设 LIFECYCLE_TLS_CERTIFICATE_FILE 与 LIFECYCLE_TLS_KEY_FILE，或由代理终结 TLS 并设 LIFECYCLE_PROXY=https://（对外地址）"
            " / would send passwords in clear: set LIFECYCLE_TLS_CERTIFICATE_FILE and LIFECYCLE_TLS_KEY_FILE,"
            " or let a proxy end TLS and set LIFECYCLE_PROXY=https://(its address)"
        )


def secured(running: Services, settings: Deployment) -> None:
    """Raises BadSetting where others could reach an administrator whose one-time password was never changed."""
    if not local(settings) and running.holders.first_unchanged():
        raise BadSetting(
            "管理员的一次性密码尚未修改，只能监听本机：请先执行 lifecycle account password 设定密码，再对外监听"
            " / the administrator's one-time password has not been changed, so only this machine may reach the service:"
            " run `lifecycle account password` first"
        )


def write_secret(path: Path, secret: str) -> None:
    """A file that only its owner reads, from its first byte on. Raises BadSetting."""
    partial = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secret + "\n")
        partial.replace(path)
    except OSError as refused:
        with suppress(OSError):
            partial.unlink()
        raise BadSetting(f"LIFECYCLE_ADMIN_TOKEN_FILE 不可写 / cannot be written: {refused}") from refused


class _Server(uvicorn.Server):
    """uvicorn raises the captured signal again when it is done, past every `finally`; ours just ends."""

    def __init__(self, config: uvicorn.Config, ready: str, listening: Listening) -> None:
        super().__init__(config)
        self._listening = listening
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what is imported stays: looking through it at each collection would cost time, and let garbage wait
        say(f"服务已就绪：{self._ready}", f"ready: {self._ready}")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True
        self._listening.ending = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Impatience changes nothing: once it ends, nothing interrupts the stopping of the database."""
        stops = heeded()
        for number in stops:
            signal.signal(number, self.handle_exit)
        try:
            yield
        finally:
            for number in stops:
                signal.signal(number, signal.SIG_IGN)


def _serve(running: Services, settings: Deployment, listener: socket.socket) -> None:
    stop = threading.Event()
    runner = Runner(running.dsn, running.schema)
    threads = [threading.Thread(target=runner.run, args=(stop,), name="projections", daemon=True)]
    if running.embedded is not None:
        threads.append(threading.Thread(target=_watch, args=(running, stop), name="database watch", daemon=True))
    for thread in threads:
        thread.start()
    app = create_app(running)
    config = uvicorn.Config(
        app,
        http=Hurried,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=10,
        access_log=False,
        proxy_headers=settings.proxy is not None,
        forwarded_allow_ips=settings.proxy_from,
        ssl_certfile=settings.tls_certificate_file,
        ssl_keyfile=settings.tls_key_file,
    )
    scheme = "https" if settings.tls_certificate_file else "http"
    try:
        _Server(config, f"{scheme}://{settings.host}:{settings.port}", app.state.listening).run(sockets=[listener])
    finally:
        app.state.workshop.close()
        stop.set()
        for thread in threads:
            thread.join(timeout=10)


def _watch(running: Services, stop: threading.Event) -> None:
    """A database that was killed comes back."""
    assert running.embedded is not None
    while not stop.wait(1.0):
        try:
            running.embedded.ensure()
        except (DatabaseNotStarted, psycopg.Error) as failed:
            say(f"数据库未能恢复：{failed}", f"the database did not come back: {failed}", error=True)
