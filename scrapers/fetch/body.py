"""The body of an answer: unpacked, and never larger than its cap."""

import zlib
from collections.abc import Iterator

import httpx

from scrapers.fetch.errors import Damaged, TooLarge

_PIECE = 64 * 1024


class _Gunzip:
    """Unpacks one gzip member in pieces of 64 KiB, so that a bomb never gets larger than the cap plus one piece."""

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(wbits=31)
        self._begun = False

    def feed(self, raw: bytes) -> Iterator[bytes]:
        self._begun = True
        while raw:
            if self._unpacker.eof:
                raise zlib.error("more follows after the end")
            yield self._unpacker.decompress(raw, _PIECE)
            raw = self._unpacker.unconsumed_tail or self._unpacker.unused_data

    def finish(self) -> None:
        if self._begun and not self._unpacker.eof:
            raise zlib.error("cut off")


async def read_body(answer: httpx.Response, cap: int, place: str, *, cut: bool) -> bytes:
    """The unpacked body; what is over `cap` bytes is cut off, or without `cut` an error."""
    length = answer.headers.get("content-length", "")
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if answer.status_code == 304:
        return b""
    if not cut and length.isdecimal() and int(length) > cap:
        raise _too_large(place, cap)
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise Damaged(f"{place} packed its answer as {encoding[:40]!r}, which was not asked for: report it.")
    body, raw_size, gunzip = bytearray(), 0, _Gunzip() if "gzip" in encoding else None
    assert isinstance(answer.stream, httpx.AsyncByteStream)
    async for raw in answer.stream:
        raw_size += len(raw)
        for piece in gunzip.feed(raw) if gunzip else (raw,):
            body += piece
            # A packed stream that never yields anything is endless too, hence the second sum.
            if max(len(body), raw_size - _PIECE) > cap:
                if cut:
                    return bytes(body[:cap])
                raise _too_large(place, cap)
    if gunzip:
        gunzip.finish()
    return bytes(body)


def _too_large(place: str, cap: int) -> TooLarge:
    return TooLarge(f"{place} answered with more than {cap:,} bytes: this is not the page that was asked for.")
