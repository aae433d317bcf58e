"""Text that a person copied from a listing page, as papers.

Three formats are found by themselves, card by card, and may be mixed in one text. Every line is recognised for what
it is; no line is found by counting, since any part of a card may be missing and a copy may start and end anywhere.

1. Hugging Face Papers, search results (https://huggingface.co/papers?q=...):
       [upvotes | "-"] title [abstract] ["N authors" | slug and name of an organisation] ["·"] date [comments]
       date = "May 26, 2024" | "May 26"; the number of comments may be glued to it: "May 296" is May 29, 6 comments
2. Hugging Face Papers, titles and abstracts only: title [abstract]
3. Scholar Feed, author pages (https://www.scholarfeed.org/author/...):
       [meta] title-and-authors [abstract]
       meta = [score] class date ["Code"], without blanks: "35.3CLApr 1, 2025Code"
       title-and-authors = title name [", " name [", " name]] [" et al."] [" · " slug [", " slug]...]

What is a title and what an abstract is told by length and form (of 74,728 papers of arXiv no title has more than 241
characters or ends with a point, and 99.9 % of the abstracts have more than 250); what is doubtful, by its place.
Lines that were wrapped are joined. Text without marks of a listing (dates, numbers of authors, meta lines) is taken
only where most of it is titles (three words or more), each with one abstract of 300 characters or more in the words
of research; a lone title with its abstract is enough.

A date without a year belongs to the year of the capture, which is `as_of`'s year; without `as_of` it is the year after
the latest one printed (a page prints the year only of other years), and today's year where none is printed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import lru_cache
from itertools import islice, pairwise
from typing import NamedTuple

from scrapers.identifiers import arxiv_id
from scrapers.paper import Organization, Paper
from scrapers.request import Listed, ListingError, Page
from scrapers.text import one_line

_LONGEST_TITLE = 250  # characters; whatever is longer is an abstract, and may be a whole one
_LONGEST_BLOCK = 10_000  # characters; whatever is longer is no abstract
_WIDEST_WRAP = 200  # characters; a text with longer lines was not wrapped

_MOST_LINES = 1_000_000
_LINE_BREAK = re.compile(r"\r\n?|[\u2028\u2029\x85]")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})"
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DATE = re.compile(
    rf"(?:Published on )?{_MONTH} (?P<digits>\d{{1,8}})(?:, ?(?P<year>\d{{4}}))?(?P<comments> ?\d{{1,6}})?", re.ASCII
)
_META = re.compile(
    rf"(?P<score>\d{{1,3}}\.\d)? ?(?P<part>[A-Z]{{2}}) ?{_MONTH} (?P<day>\d{{1,2}})(?:, ?(?P<year>\d{{4}}))?"
    r" ?(?P<code>Code)?",
    re.ASCII,
)
_AUTHORS = re.compile(r"·? ?(\d{1,6}) authors?(?: ?·? ?(?P<date>\S.*))?", re.ASCII)
_NUMBER = re.compile(r"(?:\[-\] |Upvote )?(-|\d{1,6})", re.ASCII)
_PAPER_LINK = re.compile(r"huggingface\.co/papers/(\d{4}\.\d{4,5})")
_LINK = re.compile(r"https?://\S+")
_OWN_LINK = re.compile(r"https?://(?:[\w-]+\.)*(?:huggingface\.co|scholarfeed\.org)(?:/\S*)?")
_MARKDOWN_LINK = re.compile(r"\[([^\[\]]*)\]\(https?://[^()\s]*\)|\]\(https?://[^()\s]*\)$")
_WHOLE_LINK = re.compile(r"\[(.*)\]\(https?://[^()\s]*\)")
_MARKDOWN_IMAGE = re.compile(r"!\[([^\[\]]*)\]\([^()\s]*\)")
_BULLET = re.compile(r"(?:[•‣▪◦●*–-]|#{1,6})\s+")
_INVITATION = re.compile(
    r"(?:(?:new ?)?Get trending papers in your email inbox(?: once a day)?! ?){1,4}(?:Subscribe)? ?"
    r"|(?:Daily Papers ?)?by ?AK ?and the research community ?|Subscribe(?=[A-Z0-9\"“])"
)
_PROFILE = re.compile(
    r"h-index:? ?\d+|[\d,.]+[kK]? ?(?:papers?|Papers?|citations?)|Novelty ?\d+ ?%|AI Score ?\d+|[A-Z]{2}", re.ASCII
)
_FURNITURE = frozenset(
    "new|subscribe|daily papers|by|ak|and the research community|daily|weekly|monthly|daily/weekly/monthly|"
    "daily weekly monthly|trending papers|trending papers ranked by github stars activity|previous|next|upvote|"
    "hugging face|hugging face's logo|models|datasets|spaces|buckets|docs|community|enterprise|pricing|log in|"
    "sign up|papers|search|system theme|company|tos|privacy|about|careers|website|scholar feed|settings|developers|"
    "skills|privacy policy|load more|show more|collapse|expand|avatar|[|]|&nbsp;".split("|")
) | {"|", "…", "...", "\\", "\\\\"}
_AVATAR = re.compile(r".{1,60}['’]s (?:avatar|picture|profile picture)|!\[\]\(.*|<!--.*", re.IGNORECASE)
_MAIL_HEADER = re.compile(r"(?:From|To|Cc|Bcc|Subject|Date|Sent|Reply-To): .*")
_PAGE_TOP = re.compile(r"Get trending papers|Daily Papers$|by ?AK ?and|and the research community|h-index")

_FINISHED = re.compile(r"(?:[.!?…]|\[\.\.\.\])[\"'”’)\]]*$|https?://\S+$")
_BOUNDARY = re.compile(r"(?<!\bvs)(?<!\bal)[a-z0-9)\]%]{2}\.[\"'”’)]* +[A-Z\"“]")
_FULL_STOP = re.compile(r"(?<!\bal)(?:\.|…|\.\]|\[\.\.\.\])[\"'”’)]*$")
_OPENING = re.compile(
    r"(?:We|In this|This) (?:propose|present|introduce|study|describe|show|paper|work|study|article)\b"
)
_PROSE = re.compile(r"\b(?:we|our|is|are|was|were|has|have|been|can|which|it|they|these|that)\b")
_HANGING = re.compile(r"(?:,|-|\b(?:of|the|and|or|for|with|a|an|to|in|by|via|on|from|using))$")
_RESEARCH = re.compile(
    r"\b(we|our|this (?:paper|work|study)|experiment|outperform|state-of-the-art|benchmark|dataset|propos|method"
    r"|approach|results|performance|framework|model)",
    re.IGNORECASE,
)
_SLUGS = re.compile(r" ?· ?([a-z0-9-]+(?:, ?[a-z0-9-]+)*)$")
_PARTICLES = frozenset(
    "van von de der den del della di da dos das du la le el al bin ben ibn y e ter ten zu af av do st und ul".split()
)
_NAME_PREFIXES = frozenset("Mc Mac De Di Du La Le Van Von Fitz Al El St Da Del O".split())
_INNER_CAPITAL = re.compile(r"\w+[A-Z]")
_INSTITUTION = re.compile(r"\b(?:University|Institute|Laborator|College|Academy|Corporation|Universit)")
_ARCHIVES = {  # the later one is preferred for classes such as SY and OT
    "stat": "AP CO ME ML OT TH",
    "eess": "AS IV SP SY",
    "cs": "AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE NI OH OS PF PL RO SC "
    "SD SE SI SY",
}
_CATEGORIES = {part: f"{archive}.{part}" for archive, parts in _ARCHIVES.items() for part in parts.split()}
_NO_NAMES = frozenset(
    "Gaussian Splatting Generation Reconstruction Detection Scene Scenes Object Objects Segmentation Models Pose "
    "Point Estimation Image Images Human Understanding Medical Semantic Report Prediction Technical Occupancy Visual "
    "Reasoning Synthesis Video Clouds Data Diffusion Tracking Modeling Systems Recognition Anomaly Dataset Editing "
    "Language Shape Grounding Representation Using Learning Motion Perception Through Networks Analysis Training "
    "Geometry Framework Animation Imaging Challenge Geometric Facial Representations Priors Classification Benchmark "
    "Completion Graph Model Interaction Optimization Generative Compression Multimodal Without Tasks Evaluation "
    "Environments Fine-Tuning Retrieval Rendering Architecture Attention Alignment Neural Fusion Decoding Inference "
    "Agents Methods".split()
)
_WANTED = (
    "expected is text copied from a page of Hugging Face Papers (titles, abstracts, dates) or from an author page of "
    "Scholar Feed; select the list on that page, copy it and try again"
)


class _Kind(Enum):
    TEXT = "text"
    NUMBER = "number"  # upvotes or comments
    AUTHORS = "authors"
    ORGANIZATION = "organization"
    SEPARATOR = "separator"
    DATE = "date"
    META = "meta"
    LINK = "link"
    PROFILE = "profile"
    FURNITURE = "furniture"
    TITLE = "title"
    HEADING = "heading"  # title and authors in one
    ABSTRACT = "abstract"
    DOUBTFUL = "doubtful"  # a title or an abstract


class _Line(NamedTuple):
    number: int
    kind: _Kind
    text: str
    arxiv: str | None = None


class _Day(NamedTuple):
    month: int
    day: int
    year: int | None


class _Heading(NamedTuple):
    title: str
    authors: tuple[str, ...]
    more: bool
    slugs: tuple[str, ...]
    sure: bool


@dataclass
class _Card:
    number: int
    title: str | None = None
    abstract: str | None = None
    heading: _Heading | None = None
    meta: re.Match[str] | None = None
    authors_count: int | None = None
    organization: str | None = None
    day: _Day | None = None
    comments: int | None = None
    upvotes: int | None = None
    arxiv: str | None = None
    marks: set[_Kind] = field(default_factory=set)


def parse(text: str, *, as_of: date | None = None, today: date) -> Page:
    """What a person copied from a listing page, as a Page in the order of the text.

    `as_of` is the day of the capture, where it is known; `today` is used where neither it nor the text gives a year.
    `skipped` says which pieces of cards were left out, `notes` which year was assumed. Raises ListingError, in one
    sentence, for text that is no listing.
    """
    lines = list(islice(_read(text), _MOST_LINES + 1))
    if len(lines) > _MOST_LINES:
        raise ListingError(f"This text has more than {_MOST_LINES:,} lines; hand it over in several parts.")
    if not lines:
        raise ListingError(f"This text is empty: {_WANTED}.")
    cards = _Reader(_numbers_are_upvotes(lines)).read(_blocks(_with_organizations(lines)))
    found = [card for card in cards if card.title]
    if not found or not _is_listing(lines, cards):
        raise ListingError(f"This text is not a listing of papers: {_WANTED}.")
    calendar = _Calendar.of(found, as_of, today)
    papers: dict[tuple[str, str | None], Paper] = {}
    for paper in (_paper(card, calendar) for card in found):
        papers.setdefault((paper.title, paper.abstract), paper)
    listed = (Listed(paper, rank=rank) for rank, paper in enumerate(papers.values(), start=1))
    return Page(tuple(listed), skipped=tuple(_skipped(cards)), notes=calendar.notes(found))


# Lines: each physical line for what it is by itself


def _read(text: str) -> Iterator[_Line]:
    for number, raw in enumerate(_LINE_BREAK.sub("\n", text).split("\n"), start=1):
        if not raw or not (line := one_line(raw)):
            continue
        link = _PAPER_LINK.search(line) if "huggingface.co/" in line else None
        arxiv = link[1] if link and arxiv_id(link[1]) else None
        line = _bare(line) if len(line) <= _LONGEST_BLOCK else ""
        if invitation := _INVITATION.match(line):
            yield _Line(number, _Kind.FURNITURE, invitation[0])
            line = line[invitation.end() :]
        if line:
            yield from (_Line(number, kind, part, arxiv) for kind, part in _parts(line))


def _bare(line: str) -> str:
    """The line without bullets and Markdown."""
    if line.count("](") == 1 and (whole := _WHOLE_LINK.fullmatch(line)):
        line = whole[1]
    elif "](" in line and not line.startswith("![]("):
        line = _MARKDOWN_LINK.sub(r"\1", _MARKDOWN_IMAGE.sub(r"\1 ", line))
    if line.startswith("[") and "]" not in line:
        line = line[1:]
    line = " ".join(line.rstrip("\\").split())
    if (bullet := _BULLET.match(line)) and bullet.end() < len(line):
        line = line[bullet.end() :]
    return line


def _parts(line: str) -> Iterator[tuple[_Kind, str]]:
    """What the line is; lines that were glued at the point before the date are taken apart."""
    authors = _AUTHORS.fullmatch(line) if "author" in line else None
    if authors and (not authors[2] or _DATE.fullmatch(authors[2])):
        yield _Kind.AUTHORS, authors[1]
        line = authors[2] or ""
    elif "·" in line and len(line) <= _WIDEST_WRAP:
        before, _, after = (part.strip() for part in line.rpartition("·"))
        if not after or _DATE.fullmatch(after):
            if before:
                yield from _parts(before)
            yield _Kind.SEPARATOR, "·"
            line = after
    if line:
        yield _kind(line), line


def _kind(line: str) -> _Kind:
    if len(line) > _WIDEST_WRAP:
        return _Kind.TEXT
    if _DATE.fullmatch(line):
        return _Kind.DATE
    if _META.fullmatch(line):
        return _Kind.META
    if _NUMBER.fullmatch(line):
        return _Kind.NUMBER
    if _PROFILE.fullmatch(line):
        return _Kind.PROFILE
    if _OWN_LINK.fullmatch(line):
        return _Kind.LINK
    if line.lower() in _FURNITURE or _AVATAR.fullmatch(line) or _MAIL_HEADER.fullmatch(line):
        return _Kind.FURNITURE
    return _Kind.TEXT


def _with_organizations(lines: Sequence[_Line]) -> Iterator[_Line]:
    """The same lines; a text that stands where the number of authors would is an organisation, if it looks like one."""
    kinds = [line.kind for line in lines if line.kind is not _Kind.LINK]
    place = 0
    for line in lines:
        here = kinds[max(0, place - 1) : place + 3]
        in_place = place > 0 and (here[:4] == _BEFORE_SEPARATOR or here[:3] == _BEFORE_DATE)
        place += line.kind is not _Kind.LINK
        named = line.kind is _Kind.TEXT and in_place and _is_organization(line.text)
        yield line._replace(kind=_Kind.ORGANIZATION) if named else line


_BEFORE_SEPARATOR = [_Kind.TEXT, _Kind.TEXT, _Kind.SEPARATOR, _Kind.DATE]
_BEFORE_DATE = [_Kind.TEXT, _Kind.TEXT, _Kind.DATE]


def _is_organization(line: str) -> bool:
    if len(line) > 100 or _FULL_STOP.search(line) or line.endswith(("?", ":", ",")):
        return False
    slug, _, name = line.partition(" ")
    few = len(line.split()) <= 5 and ": " not in line
    return few or _is_slug_of(slug, name) or bool(_INSTITUTION.search(line))


def _is_slug_of(slug: str, name: str) -> bool:
    """Could an organisation of this name have this address? `umass` and `University of Massachusetts` could."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]+", slug) or not name:
        return False
    short, long = (re.sub(r"[\W_]", "", part).lower() for part in (slug, name))
    initials = "".join(word[0] for word in name.lower().split())
    rest = iter(long)
    return (
        (bool(long) and (long in short or long[:4] == short[:4]))
        or short in initials
        or (short[:1] == long[:1] and all(letter in rest for letter in short))
    )


# Blocks: lines of text, joined where one was broken into several


def _blocks(lines: Iterable[_Line]) -> Iterator[_Line]:
    """The lines; those of text joined where they belong together, and told apart as titles, headings, abstracts."""
    run: list[_Line] = []
    for line in lines:
        if line.kind is _Kind.TEXT:
            run.append(line)
        elif line.kind is _Kind.LINK and run:
            run[-1] = run[-1]._replace(arxiv=run[-1].arxiv or line.arxiv)
        else:
            yield from _joined(run)
            run = []
            yield line
    yield from _joined(run)


def _joined(run: Sequence[_Line]) -> Iterator[_Line]:
    forms = [_form(line.text) for line in run]
    first = size = 0
    for place, line in enumerate(run):
        if place and not (size < _LONGEST_BLOCK and _goes_on(run, forms, first, place, size)):
            yield _block(run[first:place])
            first, size = place, 0
        size += len(line.text)
    if run:
        yield _block(run[first:])


def _block(lines: Sequence[_Line]) -> _Line:
    """The lines as one; a word that was broken after its hyphen is whole again."""
    broken = "\n".join(line.text for line in lines)
    text = re.sub(r"(?<=\w-)\n(?=\w)", "", broken).replace("\n", " ")
    form = _Kind.HEADING if _is_heading(text) else _Kind.LINK if _LINK.fullmatch(text) else _form(text)
    return lines[0]._replace(kind=form, text=text, arxiv=next((line.arxiv for line in lines if line.arxiv), None))


def _form(text: str) -> _Kind:
    """Title or abstract, by length and form."""
    size = len(text)
    if size > _LONGEST_TITLE:
        return _Kind.ABSTRACT
    words = [word for word in text.split() if len(word) > 3]
    capitals = sum(word[0].isupper() for word in words)
    stop = bool(_FULL_STOP.search(text))
    score = 2 * stop + 2 * bool(_BOUNDARY.search(text)) + 2 * bool(_OPENING.match(text) or _LINK.search(text))
    verbs = min(2, len(set(_PROSE.findall(text))))
    score += verbs + (size > 150) + (size > 200)
    if 2 * capitals > len(words):
        score -= 2
    elif verbs and size > 80:
        score = max(score, 2)
    if score >= 3 and size >= 100:
        return _Kind.ABSTRACT
    return _Kind.DOUBTFUL if score >= 2 else _Kind.TITLE


def _goes_on(run: Sequence[_Line], forms: Sequence[_Kind], first: int, place: int, size: int) -> bool:
    """Does the line at `place` belong to the block from `first` to before it, which has `size` characters?"""
    before, line = run[place - 1].text, run[place].text
    if _is_heading(before):
        return False
    in_abstract = _in_abstract(run, forms, first, place, size)
    if _LINK.fullmatch(line):
        return in_abstract and not _is_finished(before)
    finished = _is_finished(before)
    whole = finished and size >= _LONGEST_TITLE
    width = _width(run, place) if len(before) <= _WIDEST_WRAP else 0
    if _is_middle(line):
        if in_abstract or width:
            return not finished or size < _LONGEST_TITLE
        return forms[place] is not _Kind.ABSTRACT
    if _is_heading(line) and (in_abstract or _lacks_its_beginning(line)):
        return not in_abstract
    if width and (whole or not in_abstract or _was_broken(run, first, place, width)):
        return _was_broken(run, first, place, width)
    if not in_abstract:
        title_goes_on = forms[place] is _Kind.TITLE and not _is_heading(line) and _HANGING.search(before)
        return bool(title_goes_on) and (first == 0 or forms[first - 1] is not _Kind.TITLE)
    if forms[place] is _Kind.TITLE:
        return False
    if whole and forms[place] is _Kind.DOUBTFUL:
        return bool(_FULL_STOP.search(line)) and forms[place + 1 : place + 2] != [_Kind.ABSTRACT]
    return not whole or len(line) < _WIDEST_WRAP


def _in_abstract(run: Sequence[_Line], forms: Sequence[_Kind], first: int, place: int, size: int) -> bool:
    if size > _LONGEST_TITLE or forms[place - 1] is _Kind.ABSTRACT:
        return True
    after_title = first > 0 and (forms[first - 1] is _Kind.TITLE or _is_heading(run[first - 1].text))
    return after_title and forms[place - 1] is _Kind.DOUBTFUL and bool(_FULL_STOP.search(run[place - 1].text))


def _is_middle(line: str) -> bool:
    """Does the line begin in the middle of a sentence? `iFlame: ...`, `word2vec ...` and `k-NN ...` do not."""
    word = line.split(" ", 1)[0]
    return line[0] in ",;)" or (word.strip(",.;)").replace("-", "").isalpha() and word == word.lower() != word.upper())


def _lacks_its_beginning(heading: str) -> bool:
    split = _split(heading)
    return split is not None and (len(split.title.split()) <= 2 or _is_middle(split.title))


def _width(run: Sequence[_Line], place: int) -> int:
    """The width at which the text around was wrapped, by the lines that end within a sentence; 0 without such."""
    around = run[max(0, place - 5) : place + 7]
    widths = [len(a.text) for a, b in pairwise(around) if len(a.text) <= _WIDEST_WRAP and _is_middle(b.text)]
    return max(widths, default=0)


def _was_broken(run: Sequence[_Line], first: int, place: int, width: int) -> bool:
    """In wrapped text: was there no room for the line's first word on the line before, and no other reason to break?"""
    before, line, after = (run[at].text if at < len(run) else "" for at in (place - 1, place, place + 1))
    if not _fills(before, line, width):
        return False
    begins = place - 1 == first and (first == 0 or _ends_abstract(run[first - 1].text))
    alone = not _is_finished(line) and not (after and (_is_middle(after) or _fills(line, after, width)))
    if begins and not _is_middle(before) and not _is_finished(before):
        return alone or _is_capitalised(line)
    return not ((alone or _is_capitalised(line)) and _is_finished(before))


def _ends_abstract(line: str) -> bool:
    return _is_finished(line) and not _is_heading(line)


def _fills(before: str, line: str, width: int) -> bool:
    """Would the first word of `line` have made the line before it too wide? One that is too wide was never wrapped."""
    return width < len(before) + 1 + len(line.split(" ", 1)[0]) and len(before) <= width + 8


def _is_capitalised(line: str) -> bool:
    words = [word for word in line.split() if len(word) > 3]
    return 10 * sum(word[0].isupper() for word in words) > 6 * len(words)


def _is_finished(text: str) -> bool:
    return _FINISHED.search(text[-_WIDEST_WRAP:]) is not None


def _breaks_off(before: str, line: str) -> bool:
    return not _is_finished(before) or (_is_middle(line) and len(before) < _LONGEST_TITLE)


# Headings: a title and its authors in one line


@lru_cache(maxsize=256)
def _is_heading(text: str) -> bool:
    """Is this surely a heading? One without "et al." or institutions is recognised by its place only."""
    marked = text.endswith(" et al.") or " · " in text[-120:]
    return marked and len(text) <= 2 * _LONGEST_TITLE and _split(text) is not None


def _split(text: str) -> _Heading | None:
    """The title and the names that were glued to its end: at the right-most place that leaves one to three names
    (three before "et al."). None where there is no such place."""
    slugs = _SLUGS.search(text)
    body = text[: slugs.start()] if slugs else text
    more = body.endswith(" et al.")
    parts = body.removesuffix(" et al.").split(", ")
    for others in range(min(2, len(parts) - 1), -1, -1):
        head, names = ", ".join(parts[: len(parts) - others]), parts[len(parts) - others :]
        places = _seams(head) if all(_is_name(name, strict=not more) for name in names) else []
        if places:
            authors = (head[places[0] :], *names)
            sure = len(places) == 1 and not _INNER_CAPITAL.match(authors[0]) and (others == 2 if more else others > 0)
            known = tuple(re.split(", ?", slugs[1])) if slugs else ()
            return _Heading(head[: places[0]].rstrip(), authors, more, known, sure)
    return None


def _seams(head: str) -> list[int]:
    """Where a name of two words or more may begin without a blank before it, the right-most place first."""
    places = []
    for place in range(len(head) - 1, max(0, len(head) - 80), -1):
        before = head[place - 1]
        if not head[place].isupper() or before.isspace() or before in "-'’.(/“‘[{":
            continue
        name = head[place:]
        if " " in name and _is_name(name) and not _is_inside_a_name(head, place):
            places.append(place)
    return places


def _is_inside_a_name(head: str, place: int) -> bool:
    """Is the place within `McDonald`, before the second letter of `TJ`, or within `3D Scene`?"""
    before, after = head[place - 1], head[place + 1 : place + 2]
    if head[:place].rsplit(" ", 1)[-1] in _NAME_PREFIXES:
        return True
    return (before.isupper() or before.isdigit()) and not after.islower() and after != "."


def _is_name(text: str, *, strict: bool = True) -> bool:
    """One to six words with capitals; where not strict, the later ones may be in lower case."""
    words = text.split(" ")
    if len(words) > 6 or any(c.isdigit() or c in ':?!;()$\\{}"' for c in text):
        return False
    named = all(word[:1].isupper() or word in _PARTICLES for word in words) and words[-1] not in _PARTICLES
    return named or not strict


# Cards


class _Reader:
    """Gathers blocks and marks into cards. A mark belongs to the card before it, a META line to the one after it."""

    def __init__(self, numbers_are_upvotes: bool) -> None:
        self._upvotes_shown = numbers_are_upvotes
        self._cards: list[_Card] = []
        self._card: _Card | None = None  # the last one, as long as marks may belong to it
        self._open = False  # may it get a block?
        self._meta: re.Match[str] | None = None
        self._numbers: list[str] = []
        self._separated = False  # is a date expected?
        self._at_top = False  # are we in the head of a page?

    def read(self, blocks: Iterable[_Line]) -> list[_Card]:
        """The cards, those included that have lost their titles."""
        reading = {
            _Kind.TITLE: self._title,
            _Kind.HEADING: self._title,
            _Kind.ABSTRACT: self._abstract,
            _Kind.META: self._read_meta,
            _Kind.AUTHORS: self._mark,
            _Kind.ORGANIZATION: self._mark,
            _Kind.SEPARATOR: self._separator,
            _Kind.DATE: self._date,
            _Kind.NUMBER: self._number,
            _Kind.LINK: self._link,
            _Kind.PROFILE: self._profile,
            _Kind.FURNITURE: self._furniture,
        }
        for line in _settled(list(blocks)):
            reading[line.kind](line)
            self._separated = line.kind in (_Kind.SEPARATOR, _Kind.AUTHORS, _Kind.ORGANIZATION)
        self._end()
        return self._cards

    def _begin(self, line: _Line) -> _Card:
        card = _Card(line.number, arxiv=line.arxiv, meta=self._meta, marks={_Kind.META} if self._meta else set())
        self._give_numbers(card)
        self._meta, self._open = None, True
        self._cards.append(card)
        self._card = card
        return card

    def _end(self) -> None:
        self._give_numbers(None)
        self._card, self._open = None, False

    def _title(self, line: _Line) -> None:
        split = _split(line.text) if line.kind is _Kind.HEADING or self._among_headings() else None
        if split and line.kind is not _Kind.HEADING and len(split.authors) < 2:
            split = split if self._meta and _NO_NAMES.isdisjoint(split.authors[0].split()) else None
        card = self._begin(line)
        card.title, card.heading = (split.title, split) if split else (line.text, None)
        if split:
            card.marks.add(_Kind.HEADING)

    def _among_headings(self) -> bool:
        before = self._cards[-1].marks if self._cards else set()
        return self._meta is not None or bool(before & {_Kind.META, _Kind.HEADING})

    def _abstract(self, line: _Line) -> None:
        card = self._card if self._open and not self._meta else None
        self._at_top = False
        if card and card.abstract is None:
            card.abstract, card.arxiv = line.text, card.arxiv or line.arxiv
        elif card and card.abstract and len(card.abstract) < _LONGEST_BLOCK and _breaks_off(card.abstract, line.text):
            card.abstract += " " + line.text
        else:
            self._begin(line).abstract = line.text

    def _read_meta(self, line: _Line) -> None:
        self._end()
        self._meta = _META.fullmatch(line.text)

    def _mark(self, line: _Line) -> None:
        card = self._card
        if card is None or card.marks & {_Kind.AUTHORS, _Kind.ORGANIZATION, _Kind.DATE}:
            card = self._begin(line)
        card.marks.add(line.kind)
        if line.kind is _Kind.AUTHORS:
            card.authors_count = int(line.text)
        else:
            card.organization = line.text
        self._open = self._at_top = False

    def _separator(self, line: _Line) -> None:
        if self._card:
            self._card.marks.add(line.kind)
        self._open = False

    def _date(self, line: _Line) -> None:
        match, card = _DATE.fullmatch(line.text), self._card
        if self._at_top and not self._separated:
            self._drop_a_name()
        elif card and match and not card.marks & {_Kind.DATE, _Kind.META, _Kind.HEADING}:
            card.day, card.comments = _printed_day(match)
            card.marks.add(_Kind.DATE)
            self._open = False
        elif self._separated:
            self._begin(line).marks.add(_Kind.DATE)

    def _number(self, line: _Line) -> None:
        match = _NUMBER.fullmatch(line.text)
        self._numbers += [match[1]] if match and not self._separated else []
        self._open = False

    def _give_numbers(self, following: _Card | None) -> None:
        """The first of two numbers is the comments of the card before, the last the upvotes of the one that follows."""
        numbers, self._numbers = self._numbers, []
        before = self._card
        own = len(numbers) > 1 or following is None or not self._upvotes_shown
        if numbers and own and before and _Kind.DATE in before.marks and before.comments is None and numbers[0] != "-":
            before.comments = int(numbers.pop(0))
        if numbers and following:
            following.upvotes = 0 if numbers[-1] == "-" else int(numbers[-1])

    def _link(self, line: _Line) -> None:
        if self._card and self._open and self._card.arxiv is None:
            self._card.arxiv = line.arxiv

    def _profile(self, line: _Line) -> None:
        self._drop_a_name()
        self._end()

    def _furniture(self, line: _Line) -> None:
        if _PAGE_TOP.match(line.text):
            self._end()
            self._at_top = True
        elif self._at_top:
            self._drop_a_name()

    def _drop_a_name(self) -> None:
        """In the head of a page stands the author's name or the query, which is no title."""
        card = self._card
        if card and card.title and not card.marks and card.abstract is None and len(card.title.split()) <= 5:
            self._cards.pop()
            self._card = None


def _settled(blocks: Sequence[_Line]) -> Iterator[_Line]:
    """The same blocks; what may be a title or an abstract is told by what is around it."""
    before = None
    for place, line in enumerate(blocks):
        if line.kind is _Kind.DOUBTFUL:
            after = blocks[place + 1].kind if place + 1 < len(blocks) else None
            is_title = before not in (_Kind.TITLE, _Kind.HEADING)
            is_title = is_title or (after is _Kind.ABSTRACT and not _FULL_STOP.search(line.text))
            if is_title and after not in _AFTER_TITLE and before not in _BEFORE_TITLE:
                is_title = not _FULL_STOP.search(line.text)
            yield line._replace(kind=_Kind.TITLE if is_title else _Kind.ABSTRACT)
            before = _Kind.TITLE if is_title else _Kind.ABSTRACT
        else:
            yield line
            before = line.kind


_AFTER_TITLE = (_Kind.ABSTRACT, _Kind.AUTHORS, _Kind.ORGANIZATION, _Kind.SEPARATOR)
_BEFORE_TITLE = (_Kind.NUMBER, _Kind.META)


def _numbers_are_upvotes(lines: Sequence[_Line]) -> bool:
    """Does the page show upvotes, so that a lone number after a date is that of the next card, and not comments?"""
    before, text_seen = None, False
    for line in lines:
        if line.kind is _Kind.NUMBER:
            glued = before is not None and before.kind is _Kind.DATE and _has_comments(before)
            if line.text.endswith("-") or not text_seen or glued or (before and before.kind is _Kind.NUMBER):
                return True
        text_seen = text_seen or line.kind is _Kind.TEXT
        if line.kind is not _Kind.LINK:
            before = line
    return False


def _has_comments(line: _Line) -> bool:
    match = _DATE.fullmatch(line.text)
    return match is not None and _printed_day(match)[1] is not None


# Is it a listing?


def _is_listing(lines: Sequence[_Line], cards: Sequence[_Card]) -> bool:
    markup = sum(bool(_MARKUP.match(line.text)) for line in lines if line.kind is _Kind.TEXT)
    if 4 * markup > len(lines):
        return False
    pairs = sum(_is_pair(card) for card in cards)
    marked = sum(_is_marked(card) for card in cards)
    if marked or any(_PAGE_TOP.match(line.text) for line in lines if line.kind is not _Kind.TEXT):
        return 4 * sum(_is_marked(card) or _is_pair(card) for card in cards) >= len(cards)
    return pairs > 0 and 2 * pairs >= len(cards)


_MARKUP = re.compile(r"</?[A-Za-z!][^>]*>|[{}\[\]]|\"[\w-]+\": ?|```|\|")


def _is_marked(card: _Card) -> bool:
    """Does the card have what only a listing has?"""
    if not card.title:
        return False
    if card.marks & {_Kind.META, _Kind.AUTHORS} or (card.heading and card.heading.more):
        return True
    return card.abstract is not None and card.marks >= {_Kind.SEPARATOR, _Kind.DATE}


def _is_pair(card: _Card) -> bool:
    """Is this a title with an abstract of research?"""
    if not card.title or not card.abstract or len(card.title.split()) < 3 or card.title.endswith((",", ":")):
        return False
    return 300 <= len(card.abstract) <= 4_000 and len({w.lower() for w in _RESEARCH.findall(card.abstract)}) >= 2


def _skipped(cards: Sequence[_Card]) -> Iterator[str]:
    for card in cards:
        if not card.title and card.abstract:
            yield f"Line {card.number}: an abstract without its title was left out ({card.abstract[:60]!r})."
        elif not card.title and card is not cards[0]:
            yield f"Line {card.number}: what is left of a card, without title and abstract, was left out."


# Values


def _printed_day(match: re.Match[str]) -> tuple[_Day | None, int | None]:
    """The day and the number of comments; two digits of the day are better than one, where both are possible."""
    month, digits = _MONTHS.index(match["month"]) + 1, match["digits"]
    comments = int(match["comments"]) if match["comments"] else None
    if match["year"] or comments is not None:
        year = int(match["year"]) if match["year"] else None
        return _day(month, digits, year), comments
    for size in (2, 1):
        rest = digits[size:]
        if (day := _day(month, digits[:size], None)) and not rest.startswith("0"):
            return day, int(rest) if rest else None
    return None, None


def _day(month: int, digits: str, year: int | None) -> _Day | None:
    return _Day(month, int(digits), year) if len(digits) < 3 and 1 <= int(digits) <= _DAYS[month - 1] else None


def _meta_day(meta: re.Match[str]) -> _Day | None:
    year = int(meta["year"]) if meta["year"] else None
    return _day(_MONTHS.index(meta["month"]) + 1, meta["day"], year)


class _Calendar(NamedTuple):
    """The latest day on which the text can have been captured, and whether somebody said so."""

    latest: date
    stated: bool

    @classmethod
    def of(cls, cards: Iterable[_Card], as_of: date | None, today: date) -> "_Calendar":
        if as_of:
            return cls(as_of, True)
        days = [day for card in cards if (day := _day_of(card))]
        years = [day.year for day in days if day.year and day.year <= today.year + 1]
        if not years:
            return cls(today, False)
        year = max(years) + 1
        if any(day[:] == (2, 29, None) for day in days):
            leap = (y for y in range(year, max(year, today.year) + 1) if _date(y, 2, 29))
            year = next(leap, year)
        return cls(date(year, 12, 31), False)

    def resolve(self, day: _Day | None) -> date | None:
        if day is None:
            return None
        later = (day.month, day.day) > (self.latest.month, self.latest.day)
        year = self.latest.year - later if day.year is None else day.year
        return _date(year, day.month, day.day)

    def notes(self, cards: Iterable[_Card]) -> tuple[str, ...]:
        days = (_day_of(card) for card in cards)
        if self.stated or not any(day and day.year is None for day in days):
            return ()
        note = (
            f"Dates without a year were taken to be of {self.latest.year}, or of the year before where they would be "
            "in the future; `--as-of DATE` says when the text was copied."
        )
        return (note,)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day_of(card: _Card) -> _Day | None:
    return card.day or (_meta_day(card.meta) if card.meta else None)


def _paper(card: _Card, calendar: _Calendar) -> Paper:
    day = _day_of(card)
    published = calendar.resolve(day)
    heading, meta = card.heading, card.meta
    category = _CATEGORIES.get(meta["part"]) if meta else None
    inferred = published is not None and day is not None and day.year is None and not calendar.stated
    doubts = {"published": inferred, "title": heading is not None and not heading.sure}
    values = {
        "title": card.title,
        "abstract": card.abstract,
        "authors": heading.authors if heading else (),
        "authors_truncated": heading.more if heading else None,
        "authors_count": card.authors_count,
        "published": published,
        "categories": (category,) if category else (),
        "organizations": _organizations(card),
        "identifiers": (("arxiv", card.arxiv),) if card.arxiv else (),
        "has_code": True if meta and meta["code"] else None,
        "upvotes": card.upvotes,
        "comments": card.comments,
        "score": float(meta["score"]) if meta and meta["score"] else None,
        "uncertain": frozenset(name for name, doubtful in doubts.items() if doubtful),
    }
    return Paper.model_validate({name: value for name, value in values.items() if value is not None})


def _organizations(card: _Card) -> tuple[Organization, ...]:
    if card.heading:
        return tuple(Organization(slug=slug) for slug in card.heading.slugs)
    if not card.organization:
        return ()
    slug, _, name = card.organization.partition(" ")
    if _is_slug_of(slug, name) or (slug == slug.lower() and name[:1].isupper()):
        return (Organization(slug=slug, name=name),)
    return (Organization(name=card.organization),)
