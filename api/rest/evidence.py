"""佐证文件: a file comes in as the raw body of a request and goes out as a download, piece by piece both ways."""

import asyncio
import logging
from collections.abc import Iterator
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool

from api.access import doors
from api.access.doors import By, Running, TooSlow, asks, router
from api.access.noting import notes
from api.access.reading import Reads
from api.access.sniffing import check_declared, sniffed
from api.services import Services
from domain.command import Action, KeptFile
from domain.entry import Actor
from domain.errors import NotFound, Refused
from domain.judgement import Digest
from domain.judging.evidence import EXTENSIONS, NameDisagrees, check_name
from domain.values import Line
from store.evidence import CHUNK, Arriving, FileMissing, FileTooLarge

log = logging.getLogger("lifecycle.api")
made: APIRouter = router(tags=["evidence"])
TAKEN = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
BODY = {"requestBody": {"required": True, "content": TAKEN}}
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
"""Whatever a file holds, no browser runs or shows it in our name."""


class EmptyFile(Refused):
    """The file is empty."""

    zh = "文件为空。"
    sort = "invalid"


class FileAltered(Refused):
    """What is kept under this digest is no longer the file that was uploaded; upload the same file again to put it right."""

    zh = "保管处的文件已被改动，不是上传时的内容；重新上传同一文件即可恢复。"


class UploadedAnswer(BaseModel):
    """`sha256` names the file when it is attached; `media_type` is what its content was found to be; `size` in bytes."""

    sha256: str
    size: int
    media_type: str
    name: str


@made.post(
    "/evidence",
    status_code=201,
    response_model=UploadedAnswer,
    operation_id="upload_evidence",
    openapi_extra=asks(Action.ATTEST, Action.AUDIT) | BODY,
)
async def upload_evidence(
    request: Request, services: Running, by: By, name: Annotated[Line, Query(description="原文件名 / the file's own name")]
) -> Response:
    """Bring a file, as the raw body; it speaks for nothing until it is attached to a fact (POST …/evidence)."""
    limits = services.limits
    announced = request.headers.get("content-length", "0")
    if announced.isascii() and announced.isdigit() and int(announced) > limits.most_bytes:
        raise FileTooLarge(f"{limits.most_bytes:,}")
    arriving = await run_in_threadpool(Arriving, services.evidence.incoming, limits.most_bytes)
    with arriving:
        try:
            async with asyncio.timeout(limits.seconds):
                await _receive(request, arriving)
        except TimeoutError:
            raise TooSlow from None
        declared = request.headers.get("content-type", "")
        digest, file = await run_in_threadpool(_keep, services, by, arriving, name, declared)
    said = {"sha256": digest, "size": file.size, "media_type": file.media_type, "name": file.name}
    return Response(to_json(said), 201, media_type="application/json")


async def _receive(request: Request, arriving: Arriving) -> None:
    """The body to its end, on the disk in pieces of CHUNK. Raises TimeoutError when nothing comes for READ_DEADLINE."""
    held = bytearray()
    pieces = request.stream().__aiter__()
    while True:
        async with asyncio.timeout(doors.READ_DEADLINE):
            piece = await anext(pieces, None)
        if piece is not None:
            held += piece
        if held and (piece is None or len(held) >= CHUNK):
            await run_in_threadpool(arriving.write, held)
            held = bytearray()
        if piece is None:
            return


def _keep(services: Services, by: Actor, arriving: Arriving, name: str, declared: str) -> tuple[str, KeptFile]:
    """What arrived is looked at, then put away. Raises EmptyFile, TypeNotTaken, TypeDisagrees, NameDisagrees."""
    if not arriving.size:
        raise EmptyFile
    digest = arriving.finish()
    media_type = sniffed(arriving.path, PurePosixPath(name).suffix.lower().removeprefix("."))
    check_declared(declared, media_type)
    try:
        check_name(name, media_type)
    except NameDisagrees as disagrees:
        disagrees.pointer = None  # it is no part of the body
        raise
    file = KeptFile(name, media_type, arriving.size)
    altered = services.uploads.found([digest]).get(digest) == "altered"
    services.evidence.put(arriving.path, digest, anew=altered)
    services.uploads.remember(by, digest, file)
    return digest, file


@made.get(
    "/evidence/{sha256}",
    operation_id="download_evidence",
    response_class=StreamingResponse,
    responses={200: {"content": {kind: {} for kind in EXTENSIONS}}},
    openapi_extra=asks(Action.ENTRIES, Action.ATTEST) | notes("export"),
)
def download_evidence(services: Running, by: By, reads: Reads, sha256: Annotated[Digest, Path()]) -> Response:
    """The file, as a download: to whoever may read an entry that names it, or uploaded it themselves."""
    told = services.uploads.named(sha256)
    if told is not None and not reads.any_of({citation.rpartition("#")[0] for citation in told.citations}):
        told = None
    named = told or services.uploads.own(sha256, by)
    if named is None:
        raise NotFound(sha256)
    size = services.evidence.sizes([sha256]).get(sha256)
    if size is None:
        raise FileMissing(sha256)
    if size != named.size:
        raise FileAltered(sha256)
    headers: dict[str, Any] = {
        **SAFE,
        "Content-Length": str(size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(named.name, safe='')}",
        "ETag": f'"{sha256}"',
    }
    return StreamingResponse(checked(services, sha256), 200, headers, named.media_type)


def checked(services: Services, digest: str) -> Iterator[bytes]:
    """The pieces, the last one only when the whole is what its digest says: nobody ever gets an altered file complete."""
    hashed, held = sha256(), b""
    for piece in services.evidence.open(digest):
        if held:
            yield held
        hashed.update(piece)
        held = piece
    if hashed.hexdigest() != digest:
        services.uploads.find_wrong(digest, "altered")
        log.error("evidence %s is altered", digest)
        raise FileAltered(digest)
    yield held
