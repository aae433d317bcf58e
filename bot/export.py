"""Pure: papers in the forms that reference managers read: BibTeX, RIS and CSL-JSON.

A paper with a DOI of its own counts as an article, whatever it appeared in, for sources do not say that; any other as a
preprint or, without an arXiv id, as a document. All three forms give a paper the same key.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import count, product
from string import ascii_lowercase
from typing import Any, NamedTuple

from bot.query.names import GROUP, names_of, person
from bot.query.shapes import borderless
from scrapers.paper import Paper
from scrapers.text import fold, plain

_MORE = "There are more authors than those named."
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
# Words that begin titles and tell nothing.
_EMPTY_WORDS = frozenset(
    """
    a an and are as at be beyond by can do does for from how in into is it its of on or our the this to toward towards
    via we what when where which who why will with without your
    """.split()
)
_INITIAL = re.compile(r"[A-Z]\.?")
_WORD = re.compile("[a-z0-9]+")
_FORMULA = re.compile(r"((?<!\\)\$\$?(?=[^\s$])(?:[^$\\]|\\.)+(?<=\S)\$\$?(?!\d)|(?<!\\)\\\([^$]{1,300}?\\\))")
_BRACE, _BARE_BRACE, _BARE_SIGN = re.compile("[{}]"), re.compile(r"(?<!\\)[{}]"), re.compile(r"(?<!\\)[%#&@]")
# Braces by name: BibTeX counts escaped ones as well.
_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
        **{sign: f"\\{sign}" for sign in "%&_#$"},
    }
)  # fmt: skip
_IN_ADDRESSES = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C"})


class _Author(NamedTuple):
    """An author's name in its parts; all of it is `family` where no parts can be told."""

    family: str
    given: str = ""
    suffix: str = ""


def bibtex(papers: Sequence[Paper]) -> str:
    """The papers as a BibTeX file, in their order: formulas as they are, other LaTeX as the characters that it stands
    for, capitals of titles protected.

    Form: https://ctan.org/pkg/bibtex (btxdoc); for arXiv: https://info.arxiv.org/help/hypertex/bibstyles/index.html
    """
    return "\n".join(_bibtex(paper, key) for paper, key in zip(papers, _keys(papers), strict=True))


def ris(papers: Sequence[Paper]) -> str:
    """The papers as a RIS file, in their order; lines end as the form wants it, in CR LF.

    Form: https://en.wikipedia.org/wiki/RIS_(file_format) and the specification of 2001 cited there.
    """
    entries = (_ris(paper, key) for paper, key in zip(papers, _keys(papers), strict=True))
    return "".join(f"{tag}  - {value}\r\n" for entry in entries for tag, value in entry if value is not None)


def csl_json(papers: Sequence[Paper]) -> str:
    """The papers as a list in CSL-JSON, in their order.

    Form: https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html
    """
    items = [_csl(paper, key) for paper, key in zip(papers, _keys(papers), strict=True)]
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


# Facts that all forms have -------------------------------------------------------------------------------------------


def _keys(papers: Sequence[Paper]) -> Iterator[str]:
    """A key for each paper: `stahl2025tide`; where several would have one, `stahl2025tidea`, `stahl2025tideb`."""
    wanted = [_key(paper) for paper in papers]
    number = Counter(wanted)
    taken = {key for key in number if number[key] == 1}
    endings = defaultdict[str, Iterator[str]](_letters)
    for key in wanted:
        if number[key] == 1:
            yield key
            continue
        free = next(each for ending in endings[key] if (each := key + ending) not in taken)
        taken.add(free)
        yield free


def _letters() -> Iterator[str]:
    """a, b … z, aa, ab …"""
    return ("".join(letters) for length in count(1) for letters in product(ascii_lowercase, repeat=length))


def _key(paper: Paper) -> str:
    family = "".join(_WORD.findall(fold(_author(paper.authors[0]).family))) if paper.authors else ""
    words = _WORD.findall(fold(plain(paper.title)))
    word = next((each for each in words if each not in _EMPTY_WORDS), "")
    return f"{family or 'anonymous'}{paper.published.year if paper.published else ''}{word}"


def _author(written: str) -> _Author:
    """The parts of a name in the letters of its source; in one where it cannot be told."""
    whole = plain(written)
    text, suffix = _suffix_off(whole)
    if text.count(",") > 1 or borderless(text[0]) or GROUP.search(text):
        return _Author(whole)
    before, comma, after = (part.strip() for part in text.partition(","))
    if comma:
        return _Author(before, after, suffix) if names_of(before) and names_of(after) else _Author(whole)
    family_names, words = person(text).family, text.split()
    number = len(family_names)
    while 1 < number <= len(words) and _INITIAL.fullmatch(
        words[-number]
    ):  # Andrew Y. Ng: `y` is a particle only in Spanish
        family_names, number = family_names[1:], number - 1
    for family, given in ((words[-number:], words[:-number]), (words[:number], words[number:])):
        if family and given and names_of(" ".join(family)) == family_names:
            return _Author(" ".join(family), " ".join(given), suffix)
    return _Author(whole)


def _suffix_off(name: str) -> tuple[str, str]:
    """`John Doe, Jr.` is `John Doe` and `Jr.`; to `names_of` a suffix is no name."""
    rest, _, last = name.rpartition(" ")
    if rest and not names_of(last) and last[0].isalpha():
        return rest.rstrip(", ") or name, last
    return name, ""


def _arxiv_number(paper: Paper) -> str | None:
    arxiv = paper.identifier("arxiv")
    return f"arXiv:{arxiv}" if arxiv else None


def _doi(paper: Paper) -> str | None:
    """Its own DOI, else the one that arXiv gives every paper: https://info.arxiv.org/help/doi.html"""
    arxiv = paper.identifier("arxiv")
    return paper.identifier("doi") or (f"10.48550/arXiv.{arxiv}" if arxiv else None)


def _address(paper: Paper) -> str | None:
    """Where the paper itself is: the page that a source has of it is not what one cites."""
    if arxiv := paper.identifier("arxiv"):
        return f"https://arxiv.org/abs/{arxiv}"
    doi = paper.identifier("doi")
    return paper.url or (f"https://doi.org/{doi}" if doi else None)


# BibTeX --------------------------------------------------------------------------------------------------------------


def _bibtex(paper: Paper, key: str) -> str:
    kind = "article" if paper.identifier("doi") else "misc"
    lines = (f"  {name} = {value},\n" for name, value in _bibtex_fields(paper) if value is not None)
    return f"@{kind}{{{key},\n{''.join(lines)}}}\n"


def _bibtex_fields(paper: Paper) -> Iterator[tuple[str, str | None]]:
    arxiv, day = paper.identifier("arxiv"), paper.published
    yield "title", _braced(f"{{{_tex(paper.title)}}}")
    yield "author", _braced(_bibtex_authors(paper))
    yield "year", _braced(f"{day.year:04}" if day else None)
    yield "month", _MONTHS[day.month - 1] if day else None
    yield "eprint", _braced(arxiv)
    yield "archivePrefix", "{arXiv}" if arxiv else None
    yield "primaryClass", _braced(paper.categories[0] if arxiv and paper.categories else None)
    yield "doi", _braced(_unbraced(_doi(paper)))
    yield "url", _braced(_unbraced(_address(paper)))
    yield "abstract", _braced(_tex(paper.abstract) if paper.abstract else None)


def _braced(value: str | None) -> str | None:
    return f"{{{value}}}" if value else None


def _unbraced(address: str | None) -> str | None:
    """An address as styles print it, verbatim; only braces would damage the file."""
    return address.translate(_IN_ADDRESSES) if address else None


def _bibtex_authors(paper: Paper) -> str | None:
    names = [_bibtex_author(_author(each)) for each in paper.authors]
    return " and ".join([*names, "others"] if names and paper.authors_truncated else names) or None


def _bibtex_author(author: _Author) -> str:
    if not author.given:
        return f"{{{_escaped(author.family)}}}"
    return ", ".join(_escaped(part) for part in (author.family, author.suffix, author.given) if part)


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _tex(text: str) -> str:
    """The text as LaTeX: formulas that can stand in a BibTeX field as they are, everything else escaped."""
    return "".join(part if _is_formula(part) else _escaped(_plain_part(part)) for part in _FORMULA.split(text))


def _is_formula(part: str) -> bool:
    """Whether this is a formula whose braces match and that has no sign which LaTeX or BibTeX would stumble over."""
    if not _FORMULA.fullmatch(part) or _BARE_SIGN.search(part):
        return False
    same_dollars = part.startswith("$$") == part.endswith("$$")
    return same_dollars and all(_match(braces.findall(part)) for braces in (_BRACE, _BARE_BRACE))


def _match(braces: list[str]) -> bool:
    depth = 0
    for brace in braces:
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def _plain_part(part: str) -> str:
    """`plain`, but with the blanks at both ends, which part it from a formula."""
    text = plain(part).strip()
    return f"{' ' * part.startswith(' ')}{text}{' ' * part.endswith(' ')}" if text else part


# RIS and CSL-JSON ----------------------------------------------------------------------------------------------------


def _ris(paper: Paper, key: str) -> Iterator[tuple[str, str | None]]:
    day = paper.published
    yield "TY", "JOUR" if paper.identifier("doi") else "UNPB" if paper.identifier("arxiv") else "GEN"
    yield "TI", plain(paper.title)
    for written in paper.authors:
        author = _author(written)
        yield "AU", ", ".join(part for part in (author.family, author.given, author.suffix) if part)
    yield "PY", f"{day.year:04}" if day else None
    yield "DA", f"{day.year:04}/{day:%m/%d}" if day else None
    yield "AB", plain(paper.abstract) if paper.abstract else None
    for category in paper.categories:
        yield "KW", category
    yield "UR", _address(paper)
    yield "DO", _doi(paper)
    yield "N1", _arxiv_number(paper)
    yield "N1", _MORE if paper.authors and paper.authors_truncated else None
    yield "ID", key
    yield "ER", ""


def _csl(paper: Paper, key: str) -> dict[str, Any]:
    day = paper.published
    item = {
        "id": key,
        "type": "article-journal"
        if paper.identifier("doi")
        else "article"
        if paper.identifier("arxiv")
        else "document",
        "title": plain(paper.title),
        "author": [_csl_author(_author(written)) for written in paper.authors],
        "issued": {"date-parts": [[day.year, day.month, day.day]]} if day else None,
        "number": _arxiv_number(paper),
        "DOI": _doi(paper),
        "URL": _address(paper),
        "abstract": plain(paper.abstract) if paper.abstract else None,
        "keyword": ", ".join(paper.categories),
        "note": _MORE if paper.authors and paper.authors_truncated else None,
    }
    return {name: value for name, value in item.items() if value}


def _csl_author(author: _Author) -> dict[str, str]:
    if not author.given:
        return {"literal": author.family}
    return {name: part for name, part in author._asdict().items() if part}
