"""A table taken away as a workbook: nothing is left on the disk, of one that was sent nor of one that nobody waited for."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from api.pages.taking import Heading, workbook

HEADING = Heading("项目清单", [["项目清单"]], ["代码"])


async def rows(*, endless: bool) -> AsyncIterator[list[list[Any]]]:
    yield [["XM-2026-001"]]
    if endless:
        await asyncio.Event().wait()


async def whole() -> bytes:
    return b"".join([piece async for piece in workbook(HEADING, rows(endless=False))])


async def given_up(folder: Path) -> None:
    waiting = asyncio.ensure_future(anext(workbook(HEADING, rows(endless=True))))
    while not list(folder.iterdir()):
        await asyncio.sleep(0.01)
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting


def test_a_workbook_goes_when_it_is_sent_and_when_whoever_asked_has_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert asyncio.run(whole()).startswith(b"PK")
    asyncio.run(given_up(tmp_path))
    assert list(tmp_path.iterdir()) == []
