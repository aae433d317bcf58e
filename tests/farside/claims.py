"""What sentences claim of list days: `2 on 18 Nov` means that the day is complete, `2 so far on 18 Nov` does not.

Digests say `Read: arxiv cs.CL: 2 on 18 Nov, 3 on 19 Nov.`, or of classes together `Read: arxiv: cs.CL 2, cs.LG 5 on
18 Nov.`; a report says `cs.CL 2 on 18 Nov`. Words that are none of these are an error, or a claim could be overlooked.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from bot.language import ENGLISH

_PART, _DAY = r"[a-z-]+\.[A-Z]{2}", r"\d+ [A-Z][a-z]{2}"
_NAME = re.compile(rf"(?:[\w.-]+: |(?:[\w.-]+ )?({_PART}):? )?")  # `arxiv: `, `arxiv cs.CL: `, `cs.CL ` or nothing
_TOGETHER = re.compile(rf"((?:{_PART} [\d,]+, )+{_PART} [\d,]+)( so far)? on ({_DAY})")
_COMPLETE = re.compile(rf"([\d,]+) on (?:(\d+) days from ({_DAY}) to )?({_DAY})")
_NO_CLAIM = re.compile(
    rf"[\d,]+ so far on {_DAY}|{_DAY} not read yet|{_DAY} could not be read|nothing new|nothing read yet"
)


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
    """The claims of a digest's or of a report's sentence about what was read. Raises ValueError for other words."""
    read = told.partition("Not read yet: ")[0].strip().removeprefix("Read: ").removesuffix(".")
    for piece in read.split("; ") if read else ():
        name = _NAME.match(piece)
        says = piece[name.end() :] if name else piece
        if together := _TOGETHER.fullmatch(says):
            for one in () if together[2] else together[1].split(", "):
                part, papers = one.split()
                yield Claim(part, _number(papers), 1, together[3], together[3])
            continue
        for phrase in says.split(", "):
            if complete := _COMPLETE.fullmatch(phrase):
                papers, days, first, last = complete.groups()
                yield Claim((name and name[1]) or "", _number(papers), int(days or 1), first or last, last)
            elif not _NO_CLAIM.fullmatch(phrase):
                raise ValueError(f"nobody knows what {phrase!r} claims, in {told!r}")


def _number(text: str) -> int:
    return int(text.replace(",", ""))
