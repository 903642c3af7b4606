"""What takes long is done beside the requests, a few at a time: asked for with `Prefer: respond-async` (RFC 7240 §4.1),
answered 202 with where to look, and told of from then on by the database (docs/decisions/0022)."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

import psycopg
from fastapi import Header, Request, Response
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, JsonValue
from pydantic_core import from_json

from api.locale import texts
from api.services import Services
from domain.entry import Actor
from store.ledger import Asked
from store.works import SILENCE, Shown, State, Step

log = logging.getLogger("lifecycle.api")
AT_ONCE = 2
"""Done at the same time by one process; what more is asked for waits its turn."""
OFTEN = 0.25
"""Seconds between two reports of one step."""
BEAT = SILENCE / 5
Prefer = Annotated[
    str | None,
    Header(
        max_length=200,
        description="respond-async：立即答复 202 与 Location，稍后取结果 / answered at once with where to look (RFC 7240)",
    ),
]


class Stopped(Exception):
    """Somebody asked it to stop, or the service ends: nothing more is done, and nothing was recorded."""


class Watch(Protocol):
    """Whoever does the work tells how far it is. Raises Stopped when it is not to go on."""

    def __call__(self, step: Step, done: int | None = None, total: int | None = None) -> None: ...

    def settle(self, total: int) -> None:
        """So many entries are about to be recorded: from here on nobody stops it."""
        ...


class Unwatched:
    """Whoever waits for the answer."""

    def __call__(self, step: Step, done: int | None = None, total: int | None = None) -> None:
        pass

    def settle(self, total: int) -> None:
        pass


class StepNow(BaseModel):
    """What is being done: a word for programs, and for people in either language."""

    step: Step
    zh: str
    en: str


class WorkAnswer(BaseModel):
    """`done` of `total`, where it can be counted; once `state` is `ended`, `status` and `answer` are what the request itself
    would have been answered. `stopped` and `interrupted` (its process died) have none. `operation` as in this document;
    a `trial` records nothing."""

    id: UUID
    operation: str
    about: str
    trial: bool
    state: State
    now: StepNow
    done: int | None
    total: int | None
    stoppable: bool
    asked_at: datetime
    ended_at: datetime | None
    status: int | None
    answer: JsonValue


def told(work: Shown) -> WorkAnswer:
    return WorkAnswer(
        id=work.id,
        operation=work.operation,
        about=work.about,
        trial=work.trial,
        state=work.state,
        now=StepNow(step=work.step, zh=texts("zh")["work"][work.step], en=texts("en")["work"][work.step]),
        done=work.done,
        total=work.total,
        stoppable=work.stoppable,
        asked_at=work.asked_at,
        ended_at=work.ended_at,
        status=work.status,
        answer=None if work.answer is None else from_json(work.answer),
    )


def later(prefer: str | None) -> bool:
    """Whether the client would rather come back for the answer."""
    asked = (part.partition(";")[0].strip().lower() for part in (prefer or "").split(","))
    return "respond-async" in asked


class Workshop:
    """Of one process. Requests are answered meanwhile; what is not ended when the service ends is interrupted."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="work")
        self._lock = threading.Lock()
        self._going: set[UUID] = set()
        self._beating = False
        self._ending = threading.Event()

    def take(
        self,
        request: Request,
        by: Actor,
        key: Asked | None,
        about: str,
        body: bytes,
        do: Callable[[Watch], Response],
        *,
        trial: bool,
    ) -> Response:
        """202, with where it is told of; the same again for a repeat under the same key. Raises KeyReused, TooMuchWork."""
        works, operation = self._services.works, request.scope["route"].operation_id
        if key is not None:
            key = Asked(key.scope, key.key, key.body + request.scope["query_string"])  # a trial is another request
        begun = works.begin(by, key, operation, about, body, trial=trial)
        if begun.new:
            with self._lock:
                self._going.add(begun.id)
                beating, self._beating = self._beating, True
            if not beating:
                threading.Thread(target=self._beat, name="work alive", daemon=True).start()
            self._pool.submit(self._run, begun.id, request, do)
        shown = told(works.find(begun.id, by, whole=False))
        headers = {"Location": f"/work/{begun.id}", "Preference-Applied": "respond-async", "Retry-After": "1"}
        return Response(shown.model_dump_json(), 202, headers, "application/json")

    def close(self) -> None:
        """Asks what is being done to stop, and waits until it has."""
        self._ending.set()
        self._pool.shutdown(cancel_futures=True)
        for work in list(self._going):
            self._services.works.end(work)

    def _run(self, work: UUID, request: Request, do: Callable[[Watch], Response]) -> None:
        try:
            answer = self._answer(work, request, do)
            if answer is None:
                self._services.works.end(work)
            else:
                self._services.works.end(work, answer.status_code, bytes(answer.body))
        except Exception:  # nobody else hears of it; after a while it counts as interrupted
            log.exception("work %s did not end", work)
        finally:
            with self._lock:
                self._going.discard(work)

    def _answer(self, work: UUID, request: Request, do: Callable[[Watch], Response]) -> Response | None:
        """As the request itself would have been answered, whatever went wrong; None where it was stopped."""
        watch = Watched(self._services, work, self._ending)
        try:
            watch("load")
            return do(watch)
        except Stopped:
            return None
        except Exception as error:
            handlers = request.app.exception_handlers
            handle = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
            answer: Response = asyncio.run(handle(request, error))
            return answer

    def _beat(self) -> None:
        """Says for all that wait or are being done that their process lives, whatever keeps them from saying so."""
        while True:
            with self._lock:
                going = frozenset(self._going)
                self._beating = bool(going)
            if not going:
                return
            try:
                self._services.works.live(going)
            except (psycopg.OperationalError, PoolTimeout) as away:
                log.warning("no sign of life could be given: %s", away)
            time.sleep(BEAT)


class Watched:
    """Tells the database, at most so often, and hears from it whether to go on."""

    def __init__(self, services: Services, work: UUID, ending: threading.Event) -> None:
        self._works, self._work, self._ending = services.works, work, ending
        self._step: Step = "waiting"
        self._next = 0.0

    def __call__(self, step: Step, done: int | None = None, total: int | None = None) -> None:
        if self._ending.is_set():
            raise Stopped
        if step == self._step and time.monotonic() < self._next:
            return
        if not self._works.report(self._work, step, done, total):
            raise Stopped
        self._step, self._next = step, time.monotonic() + OFTEN

    def settle(self, total: int) -> None:
        if self._ending.is_set() or not self._works.report(self._work, "record", None, total, settled=True):
            raise Stopped
        self._step = "record"
