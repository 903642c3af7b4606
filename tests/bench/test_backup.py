"""A backup of a million entries against pg_dump of the same tables, in turns; and what it holds in memory."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from store.backup import Source, take
from store.evidence import Folder
from store.tools import tools
from tests.bench.measuring import show

pytestmark = pytest.mark.bench
ENTRIES = 1_000_000
STATE = (
    '{"v":1,"event":{"kind":"funds_received","occurred_on":"2026-%s-%s","amount":{"amount":"%s.00","currency":"CNY"},'
    '"voucher":"V-%s","sort":"capital","payer":"某某置业有限公司"},"envelope":{"id":"%s","stream":"XM-2026-%s",'
    '"actor":{"person":"p-%s","unit":"street-%s","post":"科员","role":"unit","signed_in":"token:%s"},"request":"%s",'
    '"source":{"door":"api"},"returned_in":"period:2026-%s#7"}}'
)
MEMORY = """
import re, sys
from pathlib import Path
from store.backup import Source, take
from store.evidence import Folder
from store.tools import tools

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

begun = peak()
take(Source(sys.argv[1], "district", tools(sys.argv[1], int(sys.argv[3])), Folder(Path("none")), {}), Path(sys.argv[2]))
print(begun, peak())
"""
FILL = """
INSERT INTO stream
SELECT md5(n::text)::uuid, 'XM-2026-' || lpad(n::text, 5, '0'), n FROM generate_series(1, 10000) n;
INSERT INTO entry
SELECT md5(stream::text)::uuid, 1 + (n - 1) / 10000, 'funds_received',
       convert_to(format('{state}', month, lpad((1 + n % 28)::text, 2, '0'), n * 7919 % 99999999, md5(n::text),
                         gen_random_uuid(), lpad(stream::text, 5, '0'), n % 300, n % 20, gen_random_uuid(),
                         gen_random_uuid(), month), 'UTF8'),
       n, timestamptz '2024-01-01' + n * interval '1 minute', false
FROM generate_series(1, {entries}::bigint) n,
     LATERAL (SELECT 1 + (n - 1) % 10000 AS stream, lpad((1 + n % 12)::text, 2, '0') AS month) AS of;
INSERT INTO request
SELECT gen_random_uuid(), 'p-' || n % 300, gen_random_uuid()::text, sha256(n::text::bytea), n, n,
       timestamptz '2024-01-01' + n * interval '1 minute'
FROM generate_series(1, {entries}) n;
UPDATE head SET position = {entries}, recorded_at = timestamptz '2024-01-01' + {entries} * interval '1 minute', opened = true
"""


def fill(database: str, entries: int) -> None:
    """As a superuser may: what a million requests would have left, in half a minute."""
    with psycopg.connect(make_conninfo(database, options="-c search_path=district"), autocommit=True) as connection:
        connection.execute(FILL.replace("{state}", STATE).replace("{entries}", str(entries)).encode())
        for table in ("entry", "stream", "request"):
            connection.execute(f"VACUUM (ANALYZE) {table}".encode())


@pytest.mark.timeout(1_200)
def test_a_backup_of_a_million_entries_takes_no_longer_than_twice_pg_dump(database: str, tmp_path: Path):
    fill(database, ENTRIES)
    with psycopg.connect(database) as connection:
        chosen = tools(database, connection.info.server_version // 10_000)
    assert chosen.folder is not None
    folder = chosen.folder

    def dump() -> None:
        file = tmp_path / "reference"
        named = [f"--table=district.{table}" for table in ("entry", "stream", "request")]
        subprocess.run([folder / "pg_dump", *named, f"--dbname={database}", f"--file={file}"], check=True)
        sizes["pg_dump"] = file.stat().st_size
        file.unlink()

    def backup() -> None:
        taken = take(Source(database, "district", chosen, Folder(tmp_path / "none"), {}), tmp_path)
        assert taken.manifest.entries == ENTRIES
        sizes["backup"] = sum(part.bytes for part in taken.manifest.parts)
        subprocess.run(["rm", "-r", taken.folder], check=True)

    sizes: dict[str, int] = {}
    work = {"pg_dump": dump, "backup": backup}
    found: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(2):
        for name, do in work.items():
            begun = time.perf_counter()
            do()
            found[name].append(time.perf_counter() - begun)
    medians = {name: statistics.median(seconds) for name, seconds in found.items()}
    show("a million entries", medians, " s")
    show("size", {name: size / 1e6 for name, size in sizes.items()}, " MB")
    ratio = medians["backup"] / medians["pg_dump"]
    show("backup against pg_dump", {"ratio": ratio}, " ×")
    told = subprocess.run(
        [sys.executable, "-c", MEMORY, database, str(tmp_path), str(chosen.major)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    started, peak = map(float, told.split())
    show("memory of the backup's process", {"at its start": started, "at most": peak}, " MB")
    assert peak - started < 40
    assert ratio <= 2
