"""What sentences claim of list days: `2 on 18 Nov` means that the day is complete, `2 so far on 18 Nov` does not.

They say `arxiv cs.CL: 2 on 18 Nov, 3 on 19 Nov`, or of classes together `arxiv: cs.CL 2, cs.LG 5 on 18 Nov`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from bot.language import ENGLISH

_CLASS = re.compile(r"[a-z-]+\.[A-Z]{2}\b")
_TOGETHER = re.compile(r"[\w.-]+: ((?:[a-z-]+\.[A-Z]{2} [\d,]+, )+[a-z-]+\.[A-Z]{2} [\d,]+) on (\d+ \w{3})\.?")
_COMPLETE = re.compile(r"([\d,]+) on (?:(\d+) days from (\d+ \w{3}) to )?(\d+ \w{3})")


class Claim(NamedTuple):
    """So many papers of a part (Hugging Face: "") on that many complete days from the first to the last."""

    part: str
    papers: int
    days: int
    first: str
    last: str

    def means(self, states: Mapping[tuple[str, date], str]) -> list[date]:
        """The list days that it speaks of, among those that are known with their states."""
        named = {ENGLISH.day(day): day for part, day in states if part == self.part}
        first, last = named[self.first], named[self.last]
        if self.days == 1:
            return [last]
        return [
            day
            for (part, day), state in states.items()
            if part == self.part and first <= day <= last and state == "closed"
        ]


def claims(told: str) -> Iterator[Claim]:
    """The claims of a digest's or of a report's sentence about what was read."""
    for piece in told.partition(" Not read yet: ")[0].removeprefix("Read: ").split("; "):
        if together := _TOGETHER.fullmatch(piece):
            for one in together[1].split(", "):
                part, papers = one.split()
                yield Claim(part, _number(papers), 1, together[2], together[2])
            continue
        found = _CLASS.search(piece)
        for papers, days, first, last in _COMPLETE.findall(piece):
            yield Claim(found[0] if found else "", _number(papers), int(days or 1), first or last, last)


def _number(text: str) -> int:
    return int(text.replace(",", ""))
