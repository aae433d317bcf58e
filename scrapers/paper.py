"""Paper: what a source says of one paper. An unnormalised Paper cannot be built.

Unknown is None (for lists: empty), never a guess; what was inferred rather than stated is named in `uncertain`.
"""

from collections.abc import Iterable, Sized
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from scrapers.identifiers import Identifier, canonical
from scrapers.text import fold, one_line

MAX_TITLE = 1_000  # characters; the longest of 74,728 arXiv titles has 241
MAX_ABSTRACT = 50_000  # characters


def _line(value: str) -> str:
    line = one_line(value)
    if not line:
        raise ValueError("is empty")
    return line


def _optional_line(value: str | None) -> str | None:
    return (one_line(value) or None) if value is not None else None


def _lines(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for line in map(one_line, values) if line))


def _web_address(value: str | None) -> str | None:
    """An http(s) address, or None: a link that cannot be followed is not worth losing its paper for."""
    if not value or not isinstance(value, str):
        return None
    value = value.strip()
    if len(value) > 2_000 or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in ("http", "https") and parts.hostname else None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, dict):
        return {one_line(str(key)): _clean(each) for key, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, (list, tuple)) else value


def _identifiers(values: Any) -> Any:
    return tuple(dict.fromkeys(canonical(scheme, value) for scheme, value in values))


Line = Annotated[str, AfterValidator(_line)]
OptionalLine = Annotated[str | None, AfterValidator(_optional_line)]
Lines = Annotated[tuple[str, ...], AfterValidator(_lines)]
Abstract = Annotated[Annotated[str, Field(max_length=MAX_ABSTRACT)] | None, AfterValidator(_optional_line)]
WebAddress = Annotated[str | None, AfterValidator(_web_address)]
Count = Annotated[int | None, Field(ge=0, le=2_000_000_000)]
Category = Annotated[str, Field(pattern=r"^[a-z][a-z-]*(\.[A-Za-z][A-Za-z-]+)?$")]


class Organization(BaseModel):
    """An organisation as a source names it: the short name in its addresses (slug), the full name, or both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: OptionalLine = None
    name: OptionalLine = None

    def __str__(self) -> str:
        return " ".join(part for part in (self.slug, self.name) if part)


def unite(organizations: Iterable[Organization]) -> tuple[Organization, ...]:
    """The organisations without repeats; one that is known by its slug here and by its full name there is one."""
    found: list[Organization] = []
    for one in organizations:
        twin = next((i for i, other in enumerate(found) if _is_same(one, other)), None)
        if twin is None:
            found.append(one)
        else:
            found[twin] = Organization(slug=found[twin].slug or one.slug, name=found[twin].name or one.name)
    return tuple(found)


def _is_same(one: Organization, other: Organization) -> bool:
    if one.slug and other.slug:
        return fold(one.slug) == fold(other.slug)
    return bool(one.name and other.name and fold(one.name) == fold(other.name))


class Paper(BaseModel):
    """One paper as one source describes it, or, in the library, the best of all descriptions.

    `published` is the day of the first version (UTC, as the source states it), `updated` that of `version`.
    `authors` are in the order of the source, family name last where the source writes so; `authors_truncated`
    says whether there are more than those named (None: no authors are known at all), `authors_count` how many
    there are. `note` is the authors' comment ("accepted at ..."). `uncertain` names the fields that were
    inferred. `score` is an opaque number of the source. Raises pydantic.ValidationError (a ValueError).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[Line, Field(max_length=MAX_TITLE)]
    abstract: Abstract = None
    authors: Lines = ()
    authors_truncated: bool | None = None
    authors_count: Count = None
    published: date | None = None
    updated: date | None = None
    version: Annotated[int | None, Field(ge=1)] = None
    categories: tuple[Category, ...] = ()
    organizations: Annotated[tuple[Organization, ...], AfterValidator(unite)] = ()
    identifiers: Annotated[tuple[Identifier, ...], BeforeValidator(_identifiers)] = ()
    url: WebAddress = None
    has_code: bool | None = None
    code_url: WebAddress = None
    project_url: WebAddress = None
    upvotes: Count = None
    comments: Count = None
    stars: Count = None
    score: Annotated[float | None, Field(allow_inf_nan=False)] = None
    note: OptionalLine = None
    extras: Annotated[dict[str, Any], AfterValidator(_clean)] = {}
    uncertain: frozenset[str] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, values: Any) -> Any:
        """Fill what follows from what was given: how many authors there are, and that a code link means code."""
        if not isinstance(values, dict):
            return values
        authors, count = values.get("authors") or (), values.get("authors_count")
        if not isinstance(authors, Sized) or not isinstance(count, int | None):
            return values  # what they should be, the fields say
        named = len(authors)
        if values.get("authors_truncated") is None and (named or count is not None):
            values = {**values, "authors_truncated": count is not None and count > named}
        if named and count is None and values["authors_truncated"] is False:
            values = {**values, "authors_count": named}
        if values.get("has_code") is None and _web_address(values.get("code_url")):
            values = {**values, "has_code": True}
        return values

    def identifier(self, scheme: str) -> str | None:
        """The paper's identifier of that scheme, or None."""
        return next((value for name, value in self.identifiers if name == scheme), None)


def why_refused(error: ValidationError) -> str:
    """What is wrong with the first wrong value that was to be a paper's, as one sentence: the field, the value, and the
    form that it should have."""
    first = error.errors(include_url=False)[0]
    field, value = one_line(".".join(map(str, first["loc"]))), repr(first["input"])
    shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
    if known := _REASONS.get(first["type"]):
        return f"{field}: {known.format(shown, **first.get('ctx', {}))}"
    return f"{field}: {first['msg'].removeprefix('Value error, ')}"


_SHOWN = 60  # characters of a value
_NO_DAY = "{0} is no day such as 2026-11-30"
_TOO_LONG = "{0} is longer than {max_length:,} characters"
_REASONS = {
    "tuple_type": '{0} is no list such as ["…", "…"]',
    "dict_type": '{0} is no object such as {{"arxiv": "2504.00891"}}',
    "string_type": "{0} is no text",
    "string_pattern_mismatch": "{0} is no category such as cs.CL",
    "too_long": _TOO_LONG,
    "string_too_long": _TOO_LONG,
    "date_type": _NO_DAY,
    "date_parsing": _NO_DAY,
    "date_from_datetime_parsing": _NO_DAY,
    "date_from_datetime_inexact": _NO_DAY,
    "int_type": "{0} is no whole number",
    "int_parsing": "{0} is no whole number",
    "int_from_float": "{0} is no whole number",
    "float_type": "{0} is no number",
    "float_parsing": "{0} is no number",
    "finite_number": "{0} is no number",
    "bool_type": "{0} is neither true nor false",
    "bool_parsing": "{0} is neither true nor false",
    "greater_than_equal": "{0} is less than {ge}",
    "less_than_equal": "{0} is more than {le:,}",
}
