"""Files of evidence in S3-compatible storage, through obstore (docs/decisions/0011); imported only where configured."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from store.evidence import CHUNK, EvidenceAway, FileMissing
from store.settings import BadSetting, Deployment

try:
    import obstore
    from obstore.exceptions import BaseError, NotFoundError
    from obstore.store import S3Store
except ImportError as missing:  # pragma: no cover - the lock installs it
    raise BadSetting("LIFECYCLE_EVIDENCE=s3://… 需要 obstore / needs the package obstore") from missing

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config

PART = 5 * 1_048_576
"""Bytes of one part of an upload, the least that S3 takes; one at a time, so that memory stays constant."""
LOOKS = 16
"""Looks at sizes at once."""
IMPATIENT: "ClientConfig" = {"connect_timeout": "2s", "timeout": "5s"}
"""For questions, which answer all the same when the storage is away."""
PATIENT: "ClientConfig" = {"connect_timeout": "5s", "read_timeout": "30s", "timeout": "2h"}


def bucket(url: str, deployment: Deployment) -> "Bucket":
    """`url` is s3://bucket/prefix. Raises BadSetting."""
    parts = urlsplit(url)
    if not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc:
        raise BadSetting(f"LIFECYCLE_EVIDENCE 须形如 s3://桶/前缀 / must read s3://bucket/prefix: {parts.path!r}")
    options: ClientConfig = {"allow_http": (deployment.s3_endpoint or "").startswith("http://")}
    if deployment.s3_ca_file is not None:
        options["root_certificate"] = deployment.s3_ca_file.read_bytes()
    config: S3Config = {"region": deployment.s3_region, "virtual_hosted_style_request": deployment.s3_virtual_hosts}
    if deployment.s3_endpoint is not None:
        config["endpoint"] = deployment.s3_endpoint
    if deployment.s3_access_key is not None and deployment.s3_secret_key is not None:
        config |= {"access_key_id": deployment.s3_access_key, "secret_access_key": deployment.s3_secret_key}
    prefix = parts.path.strip("/") or None

    def store(patience: "ClientConfig", retries: int) -> S3Store:
        try:
            return S3Store(
                parts.netloc,
                prefix=prefix,
                config=config,
                client_options=options | patience,
                retry_config={"max_retries": retries, "retry_timeout": timedelta(seconds=60)},
            )
        except (BaseError, ValueError) as error:
            raise BadSetting(f"LIFECYCLE_EVIDENCE={url}: {error}") from error

    return Bucket(store(PATIENT, 5), store(IMPATIENT, 1), deployment.home / "incoming")


@contextmanager
def reaching(digest: str = "") -> Iterator[None]:
    """Raises FileMissing, EvidenceAway for what the library raises."""
    try:
        yield
    except (NotFoundError, FileNotFoundError):
        raise FileMissing(digest) from None
    except (BaseError, OSError) as error:
        raise EvidenceAway from error


class Bucket:
    """Keys are `aa/bb/digest` below the prefix, as in a folder; an object appears whole or not at all."""

    def __init__(self, patient: S3Store, impatient: S3Store, incoming: Path) -> None:
        self._store = patient
        self._quick = impatient
        self.incoming = incoming

    @staticmethod
    def _key(digest: str) -> str:
        return f"{digest[:2]}/{digest[2:4]}/{digest}"

    def put(self, file: Path, digest: str, *, anew: bool = False) -> None:
        size = file.stat().st_size
        if not anew and self.sizes([digest]).get(digest) == size:
            return
        with reaching(digest):
            obstore.put(self._store, self._key(digest), file, chunk_size=PART, max_concurrency=1)
        if self.sizes([digest]).get(digest) != size:
            raise EvidenceAway(digest)

    def open(self, digest: str) -> Iterator[bytes]:
        with reaching(digest):
            pieces = iter(obstore.get(self._store, self._key(digest)).stream(min_chunk_size=CHUNK))
        return self._pieces(pieces, digest)

    @staticmethod
    def _pieces(pieces: Iterator[bytes], digest: str) -> Iterator[bytes]:
        while True:
            with reaching(digest):
                piece = next(pieces, None)
            if piece is None:
                return
            yield bytes(piece)

    def sizes(self, digests: Iterable[str]) -> dict[str, int]:
        wanted = list(digests)
        if len(wanted) < 2:
            found = [self._size(digest) for digest in wanted]
        else:
            with ThreadPoolExecutor(min(LOOKS, len(wanted))) as pool:
                found = list(pool.map(self._size, wanted))
        return {digest: size for digest, size in zip(wanted, found, strict=True) if size is not None}

    def _size(self, digest: str) -> int | None:
        try:
            with reaching(digest):
                return obstore.head(self._quick, self._key(digest))["size"]
        except FileMissing:
            return None

    def all(self) -> Iterator[str]:
        with reaching():
            for page in obstore.list(self._store, chunk_size=1_000):
                yield from (name for found in page if len(name := found["path"].rpartition("/")[2]) == 64)
