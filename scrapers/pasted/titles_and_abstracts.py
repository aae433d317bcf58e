"""What is a title and what an abstract: by length and form, and what is doubtful, by its place.

Of 74,728 papers of arXiv no title has more than 241 characters or ends with a point, and 99.9 % of the abstracts have
more than 250.
"""

import re
from collections.abc import Iterator, Sequence

from scrapers.pasted.lines import LINK, WIDEST_WRAP, Kind, Line

LONGEST_TITLE = 250  # characters; whatever is longer is an abstract, and may be a whole one

_FINISHED = re.compile(r"(?:[.!?…]|\[\.\.\.\])[\"'”’)\]]*$|https?://\S+$")
_BOUNDARY = re.compile(r"(?<!\bvs)(?<!\bal)[a-z0-9)\]%]{2}\.[\"'”’)]* +[A-Z\"“]")
_FULL_STOP = re.compile(r"(?<!\bal)(?:\.|…|\.\]|\[\.\.\.\])[\"'”’)]*$")
_OPENING = re.compile(
    r"(?:We|In this|This) (?:propose|present|introduce|study|describe|show|paper|work|study|article)\b"
)
_PROSE = re.compile(r"\b(?:we|our|is|are|was|were|has|have|been|can|which|it|they|these|that)\b")
_RESEARCH = re.compile(
    r"\b(we|our|this (?:paper|work|study)|experiment|outperform|state-of-the-art|benchmark|dataset|propos|method"
    r"|approach|results|performance|framework|model)",
    re.IGNORECASE,
)

_AFTER_TITLE = (Kind.ABSTRACT, Kind.AUTHORS, Kind.ORGANIZATION, Kind.SEPARATOR)
_BEFORE_TITLE = (Kind.NUMBER, Kind.META)


def form(text: str) -> Kind:
    """Title or abstract, by length and form."""
    size = len(text)
    if size > LONGEST_TITLE:
        return Kind.ABSTRACT
    words = [word for word in text.split() if len(word) > 3]
    capitals = sum(word[0].isupper() for word in words)
    stop = has_full_stop(text)
    score = 2 * stop + 2 * bool(_BOUNDARY.search(text)) + 2 * bool(_OPENING.match(text) or LINK.search(text))
    verbs = min(2, len(set(_PROSE.findall(text))))
    score += verbs + (size > 150) + (size > 200)
    if 2 * capitals > len(words):
        score -= 2
    elif verbs and size > 80:
        score = max(score, 2)
    if score >= 3 and size >= 100:
        return Kind.ABSTRACT
    return Kind.DOUBTFUL if score >= 2 else Kind.TITLE


def settle(blocks: Sequence[Line]) -> Iterator[Line]:
    """The same blocks; what may be a title or an abstract is told by what is around it."""
    before = None
    for place, line in enumerate(blocks):
        if line.kind is Kind.DOUBTFUL:
            after = blocks[place + 1].kind if place + 1 < len(blocks) else None
            is_title = before not in (Kind.TITLE, Kind.HEADING)
            is_title = is_title or (after is Kind.ABSTRACT and not has_full_stop(line.text))
            if is_title and after not in _AFTER_TITLE and before not in _BEFORE_TITLE:
                is_title = not has_full_stop(line.text)
            yield line._replace(kind=Kind.TITLE if is_title else Kind.ABSTRACT)
            before = Kind.TITLE if is_title else Kind.ABSTRACT
        else:
            yield line
            before = line.kind


def begins_within_sentence(line: str) -> bool:
    """Does the line begin in the middle of a sentence? `iFlame: ...`, `word2vec ...` and `k-NN ...` do not."""
    word = line.split(" ", 1)[0]
    return line[0] in ",;)" or (word.strip(",.;)").replace("-", "").isalpha() and word == word.lower() != word.upper())


def has_full_stop(text: str) -> bool:
    """Does the text end with a point or an ellipsis? Question and exclamation marks end titles too."""
    return _FULL_STOP.search(text) is not None


def is_finished(text: str) -> bool:
    """Does the text end where a sentence may, or with a link?"""
    return _FINISHED.search(text[-WIDEST_WRAP:]) is not None


def breaks_off(before: str, line: str) -> bool:
    """Does the abstract `before` lack its end, so that `line` goes on with it?"""
    return not is_finished(before) or (begins_within_sentence(line) and len(before) < LONGEST_TITLE)


def is_research(title: str, abstract: str) -> bool:
    """Are these a title of three words or more and an abstract in the words of research?"""
    if len(title.split()) < 3 or title.endswith((",", ":")):
        return False
    return 300 <= len(abstract) <= 4_000 and len({w.lower() for w in _RESEARCH.findall(abstract)}) >= 2
