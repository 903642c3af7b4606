"""Requests that nobody should send, made up from a seed: what is too deep, too large, too slow, half or twice there."""

import json
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

Piece = bytes | float
"""What is sent, or how many seconds nothing is."""
PAUSE = 0.4
BODY = '{"occurred_on": "2026-01-03", "name": "不应入账"}'.encode()
"""What would be recorded if any of these were taken for a request; each spoils it."""
MEGABYTE = b" " * 1_000_000


class Malformed(NamedTuple):
    sort: str
    pieces: list[Piece]


class Shapes:
    """Each method that begins with `of_` makes one sort; `token` is a good one, so that nothing is refused for its lack."""

    def __init__(self, seed: int, token: str) -> None:
        self._dice = random.Random(seed)
        self._token = token.encode()

    def corpus(self, number: int) -> Iterator[Malformed]:
        """Every sort in turn, but what takes seconds or megabytes once in a hundred."""
        sorts: list[Callable[[], list[Piece]]] = [getattr(self, name) for name in dir(self) if name.startswith("of_")]
        heavy = [sort for sort in sorts if sort.__name__.startswith("of_much_")]
        light = [sort for sort in sorts if sort not in heavy]
        for n in range(number):
            sort = heavy[n // 100 % len(heavy)] if n % 100 == 0 else light[n % len(light)]
            yield Malformed(sort.__name__, sort())

    def head(self, *more: bytes, line: bytes = b"POST /projects HTTP/1.1", json_: bool = True, token: bool = True) -> bytes:
        lines = [line, b"Host: x"]
        lines += [b"Content-Type: application/json"] * json_ + [b"Authorization: Bearer " + self._token] * token
        return b"\r\n".join((*lines, *more)) + b"\r\n\r\n"

    def sized(self, body: bytes, *more: bytes) -> list[Piece]:
        return [self.head(b"Content-Length: %d" % len(body), *more), body]

    def anywhere(self, what: bytes) -> bytes:
        at = self._dice.randrange(1, len(BODY))
        return BODY[:at] + what + BODY[at:]

    def named(self, value: str) -> bytes:
        return BODY.replace('"不应入账"'.encode(), value.encode())

    def noise(self, most: int = 2_000) -> bytes:
        return self._dice.randbytes(self._dice.randrange(1, most))

    def of_depth(self) -> list[Piece]:
        depth = self._dice.choice((65, 1_000, 100_000))
        opening = self._dice.choice((b"[", b'{"name":', b'[{"a":'))
        return self.sized((opening * depth)[:1_000_000])

    def of_depth_in_a_field(self) -> list[Piece]:
        return self.sized(self.named("[" * 100_000 + "]" * 100_000))

    def of_much_announced(self) -> list[Piece]:
        return [self.head(b"Content-Length: 200000000"), *[MEGABYTE] * 200]

    def of_much_in_chunks(self) -> list[Piece]:
        return [self.head(b"Transfer-Encoding: chunked"), *[b"f4240\r\n" + MEGABYTE + b"\r\n"] * 200]

    def of_much_text(self) -> list[Piece]:
        return self.sized(self.named('"' + "长" * 300_000 + '"'))

    def of_much_slowness_in_the_body(self) -> list[Piece]:
        return [self.head(b"Content-Length: 1000"), *[piece for _ in range(10) for piece in (b" ", PAUSE)]]

    def of_much_slowness_in_the_headers(self) -> list[Piece]:
        return [self.head()[:-2], *[piece for _ in range(10) for piece in (b"X", PAUSE)]]

    def of_bytes_that_are_no_utf_8(self) -> list[Piece]:
        wrong = (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe4\xb8", b"\x80", b"\xfe\xff")
        return self.sized(self.anywhere(self._dice.choice(wrong)))

    def of_other_encodings(self) -> list[Piece]:
        return self.sized(BODY.decode().encode(self._dice.choice(("utf-16", "utf-32", "gb18030", "utf-8-sig"))))

    def of_control_characters(self) -> list[Piece]:
        return self.sized(self.anywhere(bytes([self._dice.choice([n for n in range(32) if n not in (9, 10, 13)])])))

    def of_escapes(self) -> list[Piece]:
        wrong = (r"\u0000", r"\ud800", r"\udfff\ud800", r"\u001b[2J", r"\ufeff", r"\u202e", r"\x41", r"\u12", "\\")
        return self.sized(self.named(f'"{self._dice.choice(wrong)}"'))

    def of_keys_twice(self) -> list[Piece]:
        return self.sized(BODY[:-1] + self._dice.choice((b', "name": "b"}', b', "occurred_on": "2026-01-03"}')))

    def of_numbers(self) -> list[Piece]:
        wrong = (
            "NaN",
            "Infinity",
            "-Infinity",
            "1e400",
            "-1e400",
            "0x10",
            "01",
            "1.",
            ".5",
            "+1",
            "9" * 5_000,
            "1" + "0" * 40,
        )
        return self.sized(self.named(self._dice.choice(wrong)))

    def of_dates(self) -> list[Piece]:
        wrong = (
            "20260-01-03",
            "2026-13-01",
            "2026-02-30",
            "0000-01-01",
            "1948-12-31",
            "2200-01-01",
            "2026-1-3",
            "9999-12-31",
            "２０２６-01-03",
            "2026-01-03T00:00:00",
            " 2026-01-03",
            "1e9",
            "",
        )
        return self.sized(BODY.replace(b"2026-01-03", self._dice.choice(wrong).encode()))

    def of_other_shapes(self) -> list[Piece]:
        wrong = (
            b"",
            b"null",
            b"true",
            b"[]",
            b'"x"',
            b"0",
            b"{}",
            b"{}{}",
            b"[" + BODY + b"]",
            b"'x'",
            b"// x",
            b"{name: 1}",
        )
        return self.sized(self._dice.choice(wrong))

    def of_unknown_fields(self) -> list[Piece]:
        wrong = ("__proto__", "role", "recorded_at", "by", "position", "constructor", "占位", "")
        return self.sized(BODY[:-1] + f', "{self._dice.choice(wrong)}": 1}}'.encode())

    def of_halves(self) -> list[Piece]:
        return self.sized(BODY[: self._dice.randrange(len(BODY))])

    def of_less_than_announced(self) -> list[Piece]:
        return [self.head(b"Content-Length: %d" % (len(BODY) + 10)), BODY]

    def of_noise_as_a_body(self) -> list[Piece]:
        return self.sized(b"\xff" + self.noise())

    def of_content_types(self) -> list[Piece]:
        wrong = (
            b"text/plain",
            b"application/xml",
            b"application/json; charset=utf-7",
            b"application/json, text/html",
            b"\xff",
            b"application/x-www-form-urlencoded",
            b"application/jsonp",
            b"",
            b"*/*",
            b"json" * 1_000,
        )
        more = b"Content-Type: " + self._dice.choice(wrong)
        return [self.head(more, b"Content-Length: %d" % len(BODY), json_=False), BODY]

    def of_content_types_twice(self) -> list[Piece]:
        return self.sized(BODY, b"Content-Type: application/json")

    def of_content_encodings(self) -> list[Piece]:
        return self.sized(b"\x1f\x8b\x08\x00" + self.noise(), b"Content-Encoding: gzip")

    def of_multipart(self) -> list[Piece]:
        part = b'--b\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n' % (
            self._dice.choice((b"name", b"a" * 9_000, b"\x00")),
            self._dice.choice((b"../../x", b"\xff\xfe", b"x\x00.pdf", b"")),
        )
        body = self._dice.choice((part + BODY, part * 500, part + BODY + b"\r\n--b--", b"--b", b"--x--\r\n" * 50))
        kind = self._dice.choice((b"multipart/form-data; boundary=b", b"multipart/form-data", b"multipart/mixed; boundary="))
        return [self.head(b"Content-Type: " + kind, b"Content-Length: %d" % len(body), json_=False), body]

    def of_files_that_are_none(self) -> list[Piece]:
        name = self._dice.choice((b"a.exe", b"..%2f..%2fa.pdf", b"%00.pdf", b"a" * 5_000, b"a.pdf"))
        line = b"POST /evidence?name=%s HTTP/1.1" % name
        body = self._dice.choice((b"MZ", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x7fELF")) + self.noise()
        return [self.head(b"Content-Type: application/pdf", b"Content-Length: %d" % len(body), line=line, json_=False), body]

    def of_cookies(self) -> list[Piece]:
        wrong = (
            b"__Host-session=lcs_x",
            b"__Host-session=\xff\xfe",
            b"=;;;=;",
            b"a=" + b"b" * 9_000,
            b"__Host-session",
            b"\x01",
        )
        more = (b"Cookie: " + self._dice.choice(wrong), b"Content-Length: %d" % len(BODY))
        return [self.head(*more, token=False), BODY]

    def of_tokens(self) -> list[Piece]:
        wrong = (
            b"Bearer",
            b"Bearer ",
            b"Bearer \xff",
            b"Basic eDp5",
            b"Bearer lct_" + b"x" * 20_000,
            b"bearer lct_x",
            b"\x7f",
        )
        more = (b"Authorization: " + self._dice.choice(wrong), b"Content-Length: %d" % len(BODY))
        return [self.head(*more, token=False), BODY]

    def of_keys_and_preconditions(self) -> list[Piece]:
        keys = (b"\x80", b"k" * 300, b"", b"a\tb")
        matches = (b"x", b'"-1"', b'"' + b"9" * 40 + b'"', b"\xff")
        line = b"POST /projects/XM-2026-999/jobs HTTP/1.1"
        more = (b"Idempotency-Key: " + self._dice.choice(keys), b"If-Match: " + self._dice.choice(matches))
        return [self.head(*more, b"Content-Length: %d" % len(BODY), line=line), BODY]

    def of_many_headers(self) -> list[Piece]:
        number = self._dice.choice((500, 2_000, 20_000))
        return self.sized(b"{", *[b"X-%d: %d" % (n, n) for n in range(number)])

    def of_long_headers(self) -> list[Piece]:
        return self.sized(b"{", b"X: " + b"x" * self._dice.choice((20_000, 100_000, 1_000_000)))

    def of_long_queries(self) -> list[Piece]:
        query = self._dice.choice(
            (b"q=" + b"x" * 60_000, b"q=%00", b"q=%ff", b"=&" * 9_000, b"on=1&on=2", b"%=%", b"a=b&" * 9_000)
        )
        return [self.head(line=b"GET /projects?" + query + b" HTTP/1.1")]

    def of_long_addresses(self) -> list[Piece]:
        wrong = (
            b"/" * 60_000,
            b"/projects/" + b"x" * 60_000,
            b"/projects/%00",
            b"/..%2f..%2fetc/passwd",
            b"/projects/%c0%ae",
            b"/%",
        )
        return [self.head(line=b"GET " + self._dice.choice(wrong) + b" HTTP/1.1")]

    def of_viewpoints(self) -> list[Piece]:
        wrong = (
            "on=20260-01-01",
            "known=@9e9",
            "known=@" + "9" * 99,
            "after=-1",
            "after=1e3",
            "limit=NaN",
            "cursor=%ff",
            "known=",
        )
        return [self.head(line=b"GET /projects?" + self._dice.choice(wrong).encode() + b" HTTP/1.1")]

    def of_lengths_and_chunks(self) -> list[Piece]:
        """A front that counts bytes by the one and a service by the other would not see the same requests."""
        chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
        more = [b"Content-Length: %d" % self._dice.choice((0, 4, len(chunks))), b"Transfer-Encoding: chunked"]
        self._dice.shuffle(more)
        return [self.head(*more), chunks]

    def of_two_lengths(self) -> list[Piece]:
        lengths = (b"%d" % len(BODY), self._dice.choice((b"0", b"1", b"%d" % (len(BODY) + 1))))
        return [self.head(*[b"Content-Length: " + length for length in lengths]), BODY]

    def of_odd_lengths(self) -> list[Piece]:
        wrong = (b"+%d", b"-%d", b"0x%x", b"%d, 1", b"%d a", b"%d.0", b"1e%d", b"\xef\xbc\x91%d", b"9" * 30 + b"%d")
        return [self.head(b"Content-Length: " + self._dice.choice(wrong) % len(BODY)), BODY]

    def of_odd_codings(self) -> list[Piece]:
        wrong = (
            b"identity",
            b"xchunked",
            b"chunked, identity",
            b"gzip, chunked",
            b"chunked\x00",
            b"chunked\r\nTransfer-Encoding: x",
        )
        return [self.head(b"Transfer-Encoding: " + self._dice.choice(wrong)), b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)]

    def of_odd_chunks(self) -> list[Piece]:
        wrong = (
            b"-1\r\n",
            b"g\r\n",
            b"ffffffffffffffffff\r\n",
            b"5 \n",
            b"5;" + b"x" * 70_000 + b"\r\n",
            b"\r\n",
            b"1\r\n{",
            b"0x1\r\n{",
        )
        return [self.head(b"Transfer-Encoding: chunked"), self._dice.choice(wrong) + BODY]

    def of_chunk_extensions(self) -> list[Piece]:
        body = BODY[:-1]
        return [self.head(b"Transfer-Encoding: chunked"), b"%x;a=b;c\r\n%s\r\n0\r\n\r\n" % (len(body), body)]

    def of_folded_headers(self) -> list[Piece]:
        return [self.head(b"Content-Length:\r\n %d" % (len(BODY) - 1)), BODY[:-1]]

    def of_bare_line_ends(self) -> list[Piece]:
        body = BODY[:-1]
        return [self.head(b"Content-Length: %d" % len(body)).replace(b"\r\n", self._dice.choice((b"\n", b"\r"))), body]

    def of_odd_headers(self) -> list[Piece]:
        wrong = (b"X : 1", b": 1", b"X\x00: 1", b"X: \x00", b"X", b"\xff: 1", b" X: 1", b"X: 1\rY: 2", b"Host: y")
        return self.sized(b"{", self._dice.choice(wrong))

    def of_odd_first_lines(self) -> list[Piece]:
        wrong = (
            b"POST /projects HTTP/9.9",
            b"POST /projects",
            b"POST  /projects HTTP/1.1",
            b"\x00 / HTTP/1.1",
            b"POST /a b HTTP/1.1",
            b"CONNECT x:1 HTTP/1.1",
            b"POST projects HTTP/1.1",
            b"GET http://y/ HTTP/1.1",
            b"PRI * HTTP/2.0",
            b"OPTIONS * HTTP/1.1",
            b"TRACE / HTTP/1.1",
            b"QUERY /projects HTTP/1.1",
            b"M" * 9_000 + b" / HTTP/1.1",
            b"POST /projects HTTP/1.1 x",
        )
        return [self.head(b"Content-Length: 1", line=self._dice.choice(wrong)), b"{"]

    def of_other_protocols(self) -> list[Piece]:
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + self._dice.randbytes(500)
        return [
            self._dice.choice((hello, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"SSH-2.0-x\r\n", b"\r\n" * 5_000, b"EHLO x\r\n"))
        ]

    def of_noise(self) -> list[Piece]:
        return [self.noise()]

    def of_nothing(self) -> list[Piece]:
        return [self.head()[: self._dice.randrange(60)]]

    def of_batches(self) -> list[Piece]:
        item = {"stream": "new", "noun": "projects", "command": json.loads(BODY)}
        wrong: tuple[object, ...] = ([item] * 201, [item, {}], [item | {"noun": "x"}], item, [item | {"command": []}])
        body = json.dumps({"commands": self._dice.choice(wrong)}).encode()
        return [self.head(b"Content-Length: %d" % len(body), line=b"POST /batches HTTP/1.1"), body]
