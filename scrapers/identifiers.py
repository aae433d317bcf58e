"""Identifiers of papers: recognise, canonicalise, compare. They are text, never numbers.

arXiv's scheme: https://info.arxiv.org/help/arxiv_identifier.html (YYMM.NNNN from April 2007, YYMM.NNNNN from
January 2015, archive/YYMMNNN before). One public archive lost digits by reading ids as floats (`704.0492`,
`1911.0483100000001`, `2503.0213`): whatever has not exactly the form of its month is refused.
"""

import re
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

SCHEMES = ("arxiv", "doi", "openreview", "s2", "acl", "pubmed", "url")

_ARCHIVES = (
    "acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas cond-mat cs dg-ga "
    "funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin nucl-ex nucl-th patt-sol physics plasm-ph "
    "q-alg q-bio quant-ph solv-int supr-con"
).split()
_MONTH = r"\d\d(?:0[1-9]|1[0-2])"
_ARXIV = re.compile(
    rf"(?:(?P<new>(?P<yymm>{_MONTH})\.(?P<number>\d{{4,5}}))"
    rf"|(?P<archive>{'|'.join(_ARCHIVES)})(?:\.[A-Za-z]{{2}}|\.[a-z]+-[a-z]+)?/(?P<old>{_MONTH}\d{{3}}))"
    r"(?:v(?P<version>[1-9]\d*))?",
    re.IGNORECASE | re.ASCII,
)
_ARXIV_PREFIX = re.compile(
    r"(?:https?://)?(?:(?:www\.|export\.|browse\.)?arxiv\.org/(?:abs|pdf|html|e-print|format|src)/"
    r"|ar5iv\.(?:labs\.arxiv\.)?org/(?:abs|html)/|(?:www\.)?alphaxiv\.org/(?:abs|pdf|html)/"
    r"|huggingface\.co/papers/|oai:arxiv\.org:|arxiv:\s*)",
    re.IGNORECASE | re.ASCII,
)
_DOI = re.compile(r"(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE | re.ASCII)
_LONGEST_ADDRESS = 2_000  # bytes; PostgreSQL's index entries have at most 2,704
_ARXIV_DOI = "10.48550/arxiv."


class Identifier(NamedTuple):
    """One name of a paper, canonical: `("arxiv", "2504.00891")`, `("doi", "10.1145/1234567.8901234")`."""

    scheme: str
    value: str


def arxiv_id(text: str) -> tuple[str, int | None] | None:
    """The canonical arXiv id and the version, from an id or an address of the paper; None if it is not exactly one.

    `arXiv:math.CA/0611800v2` gives `("math/0611800", 2)`; `704.0492` and `2503.0213` give None.
    """
    text = text.strip()
    prefix = _ARXIV_PREFIX.match(text)
    rest = text[prefix.end() :] if prefix else text
    rest = re.split(r"[?#]", rest, maxsplit=1)[0].rstrip("/")
    match = _ARXIV.fullmatch(rest.removesuffix(".pdf"))
    if not match:
        return None
    version = int(match["version"]) if match["version"] else None
    if match["archive"]:
        return f"{match['archive'].lower()}/{match['old']}", version
    return (match["new"], version) if len(match["number"]) == _digits_in(match["yymm"]) else None


def _digits_in(yymm: str) -> int:
    """How many digits follow the point in an id of that month; 0 where there were no such ids."""
    if yymm < "0704":
        return 0
    return 4 if yymm < "1501" else 5


def doi(text: str) -> str | None:
    """The canonical (lower case) DOI in the text, which must be nothing but the DOI or its address; else None."""
    match = _DOI.fullmatch(text.strip())
    return match[1].rstrip(".,;)").lower() if match else None


def identifier(text: str) -> Identifier | None:
    """The identifier that a text or an address is, or None. arXiv's own DOIs are arXiv ids."""
    if found := arxiv_id(text):
        return Identifier("arxiv", found[0])
    if found_doi := doi(text):
        return canonical("doi", found_doi)
    return None


def canonical(scheme: str, value: str) -> Identifier:
    """The identifier in its canonical form.

    Raises ValueError, with the value, where it is none: for an unknown scheme and for damaged arXiv ids and DOIs.
    """
    if scheme == "arxiv":
        found = arxiv_id(value)
        if not found:
            raise ValueError(f"{value!r} is not an arXiv id (ids are text such as 2504.00891 or math/0611800)")
        return Identifier("arxiv", found[0])
    if scheme == "doi":
        plain_doi = doi(value)
        if not plain_doi:
            raise ValueError(f"{value!r} is not a DOI (a DOI begins with 10.)")
        if plain_doi.startswith(_ARXIV_DOI):
            return canonical("arxiv", plain_doi.removeprefix(_ARXIV_DOI))
        return Identifier("doi", plain_doi)
    if scheme not in SCHEMES:
        raise ValueError(f"{scheme!r} is not a scheme of identifiers; the schemes are {', '.join(SCHEMES)}")
    value = value.strip()
    if not value or any(c.isspace() for c in value):
        raise ValueError(f"{value!r} is not an identifier of {scheme}")
    return Identifier(scheme, _address(value) if scheme == "url" else value)


def _address(value: str) -> str:
    """A web address as it is compared: scheme and host in lower case, without fragment and campaign parameters. A
    `tag:` URI stays as it is."""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - raises ValueError where it is no number
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    is_web = parts.scheme in ("http", "https") and parts.hostname
    if not (is_web or value.startswith("tag:")) or len(value.encode(errors="replace")) > _LONGEST_ADDRESS:
        raise ValueError(f"{value[:100]!r} is not the address of anything")
    if not is_web:
        return value
    query = "&".join(pair for pair in parts.query.split("&") if not pair.lower().startswith("utm_"))
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path, query, ""))
