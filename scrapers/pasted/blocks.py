"""Blocks: lines of text, joined where one was broken into several, each told apart as title, heading or abstract."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from scrapers.pasted.headings import is_heading, lacks_beginning
from scrapers.pasted.lines import LINK, LONGEST_BLOCK, WIDEST_WRAP, Kind, Line
from scrapers.pasted.titles_and_abstracts import LONGEST_TITLE, begins_within_sentence, form, has_full_stop, is_finished

_HANGING = re.compile(r"(?:,|-|\b(?:of|the|and|or|for|with|a|an|to|in|by|via|on|from|using))$")


def join_lines(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines; those of text joined where they belong together, and told apart as titles, headings, abstracts."""
    run: list[Line] = []
    for line in lines:
        if line.kind is Kind.TEXT:
            run.append(line)
        elif line.kind is Kind.LINK and run:
            run[-1] = run[-1]._replace(arxiv=run[-1].arxiv or line.arxiv)
        else:
            yield from _join_run(run)
            run = []
            yield line
    yield from _join_run(run)


def _join_run(run: Sequence[Line]) -> Iterator[Line]:
    """The blocks of one run of text, which no mark interrupts."""
    forms = [form(line.text) for line in run]
    first = size = 0
    for place, line in enumerate(run):
        if place and not (size < LONGEST_BLOCK and _goes_on(run, forms, first, place, size)):
            yield _make_block(run[first:place])
            first, size = place, 0
        size += len(line.text)
    if run:
        yield _make_block(run[first:])


def _make_block(lines: Sequence[Line]) -> Line:
    """The lines as one; a word that was broken after its hyphen is whole again."""
    broken = "\n".join(line.text for line in lines)
    text = re.sub(r"(?<=\w-)\n(?=\w)", "", broken).replace("\n", " ")
    kind = Kind.HEADING if is_heading(text) else Kind.LINK if LINK.fullmatch(text) else form(text)
    return lines[0]._replace(kind=kind, text=text, arxiv=next((line.arxiv for line in lines if line.arxiv), None))


def _goes_on(run: Sequence[Line], forms: Sequence[Kind], first: int, place: int, size: int) -> bool:
    """Does the line at `place` belong to the block from `first` to before it, which has `size` characters?"""
    before, line = run[place - 1].text, run[place].text
    if is_heading(before):
        return False
    in_abstract = _in_abstract(run, forms, first, place, size)
    if LINK.fullmatch(line):
        return in_abstract and not is_finished(before)
    finished = is_finished(before)
    whole = finished and size >= LONGEST_TITLE
    width = _wrapping_width(run, place) if len(before) <= WIDEST_WRAP else 0
    if begins_within_sentence(line):
        if in_abstract or width:
            return not finished or size < LONGEST_TITLE
        return forms[place] is not Kind.ABSTRACT
    if is_heading(line) and (in_abstract or lacks_beginning(line)):
        return not in_abstract
    if width and (whole or not in_abstract or _was_broken(run, first, place, width)):
        return _was_broken(run, first, place, width)
    if not in_abstract:
        title_goes_on = forms[place] is Kind.TITLE and not is_heading(line) and _HANGING.search(before)
        return bool(title_goes_on) and (first == 0 or forms[first - 1] is not Kind.TITLE)
    if forms[place] is Kind.TITLE:
        return False
    if whole and forms[place] is Kind.DOUBTFUL:
        return has_full_stop(line) and forms[place + 1 : place + 2] != [Kind.ABSTRACT]
    return not whole or len(line) < WIDEST_WRAP


def _in_abstract(run: Sequence[Line], forms: Sequence[Kind], first: int, place: int, size: int) -> bool:
    """Is what stands before `place` an abstract, as far as it is known?"""
    if size > LONGEST_TITLE or forms[place - 1] is Kind.ABSTRACT:
        return True
    after_title = first > 0 and (forms[first - 1] is Kind.TITLE or is_heading(run[first - 1].text))
    return after_title and forms[place - 1] is Kind.DOUBTFUL and has_full_stop(run[place - 1].text)


def _wrapping_width(run: Sequence[Line], place: int) -> int:
    """The width at which the text around was wrapped, by the lines that end within a sentence; 0 without such."""
    around = run[max(0, place - 5) : place + 7]
    widths = [len(a.text) for a, b in pairwise(around) if len(a.text) <= WIDEST_WRAP and begins_within_sentence(b.text)]
    return max(widths, default=0)


def _was_broken(run: Sequence[Line], first: int, place: int, width: int) -> bool:
    """In wrapped text: was there no room for the line's first word on the line before, and no other reason to break?"""
    before, line, after = (run[at].text if at < len(run) else "" for at in (place - 1, place, place + 1))
    if not _fills(before, line, width):
        return False
    begins = place - 1 == first and (first == 0 or _ends_abstract(run[first - 1].text))
    alone = not is_finished(line) and not (after and (begins_within_sentence(after) or _fills(line, after, width)))
    if begins and not begins_within_sentence(before) and not is_finished(before):
        return alone or _is_capitalised(line)
    return not ((alone or _is_capitalised(line)) and is_finished(before))


def _ends_abstract(line: str) -> bool:
    return is_finished(line) and not is_heading(line)


def _fills(before: str, line: str, width: int) -> bool:
    """Would the first word of `line` have made the line before it too wide? One that is too wide was never wrapped."""
    return width < len(before) + 1 + len(line.split(" ", 1)[0]) and len(before) <= width + 8


def _is_capitalised(line: str) -> bool:
    words = [word for word in line.split() if len(word) > 3]
    return 10 * sum(word[0].isupper() for word in words) > 6 * len(words)
