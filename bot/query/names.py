"""Names of persons: whether two written forms may be one person's.

`Sergey Levine`, `Levine, Sergey`, `S. Levine`, `Levine S`; hyphens, accents and particles do not count
(`Fei-Fei Li` = `Feifei Li`, `L. van der Maaten` = `Laurens Maaten`); `JP Serre` is `J. P. Serre`.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from bot.query.shapes import borderless
from scrapers.text import fold

Name = tuple[str, ...]  # a folded name in its hyphenated parts

PARTICLES = frozenset(
    """
    af al av bin da das de degli dei del della den der di do dos du el ibn la las le los ten ter van vom von y zu zum
    zur
    """.split()
)
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md"})
_APOSTROPHES = re.compile("['’ʼ`´]")
_HYPHENS = re.compile(r"[-\u2010-\u2013]")
_SIMPLE = re.compile("(?!Jr |Sr |Iv |Ii+ |Phd |Md )[A-Z][a-z]+ (?!(?:Jr|Sr|Iv|Ii+|Phd|Md)$)[A-Z][a-z]+")
# Two or three capitals before a name, or behind the comma, in a name that is not all capitals. Before a name without a
# vowel: `LIU Yang` and `XU Wei` are Liu and Xu. Not at the end: `Wei LI` is Li.
_INITIALS = re.compile(r"(?<![^\s.])(?!NG\b)[B-DF-HJ-NP-TV-Z]{2,3}(?=\.?\s[^,]{0,99}[a-z])")
_BEHIND = re.compile(r"([^,]*[a-z][^,]*,\s*)([A-Z]{2,3})(?![\w-])")
# Not a person (but Ai is a family name); and `and` parts persons in BibTeX.
GROUP = re.compile(
    r"\b(AI|(?i:and|biobank|collaboration|committee|consortium|foundation|group|initiative|institute|labs?|network|"
    r"project|survey|team|trust))\b"
)
_BLANKS = re.compile(r"[\s.,;:()\[\]\"_*&/]+")


def names_of(text: str) -> tuple[Name, ...]:
    """The names in a text, folded, without points, commas and `Jr.`."""
    return _names(_with_initials(text))


def _names(text: str) -> tuple[Name, ...]:
    words = _BLANKS.sub(" ", fold(_HYPHENS.sub("-", _APOSTROPHES.sub("", text)))).split()
    names = (tuple(filter(None, word.split("-"))) for word in words)
    return tuple(name for name in names if name and not (len(name) == 1 and name[0] in _SUFFIXES))


def _with_initials(text: str) -> str:
    """The text with blanks between initials that are written as one. Those of a group are none: `CMS Collaboration`."""
    if GROUP.search(text):
        return text
    if behind := _BEHIND.match(text):
        return behind[1] + " ".join(behind[2]) + text[behind.end() :]
    return _INITIALS.sub(lambda found: found[0] if _is_word(found[0].lower()) else " ".join(found[0]), text)


def _is_word(folded: str) -> bool:
    return folded in PARTICLES or folded in _SUFFIXES


@dataclass(frozen=True)
class Person:
    """An author as a source writes the name."""

    given: tuple[Name, ...]
    family: tuple[Name, ...]

    @cached_property
    def surnames(self) -> frozenset[str]:
        """Every word that is the family name: whole, by its parts, with and without particles."""
        if len(self.family) == 1 and len(self.family[0]) == 1:
            return frozenset(self.family[0])
        core = without_particles(self.family) or list(self.family[-1:])
        whole = {"".join(map("".join, self.family)), "".join(map("".join, core))}
        return frozenset(whole | {"".join(name) for name in core} | {part for name in core for part in name})


@lru_cache(maxsize=4096)
def person(text: str) -> Person:
    """The person of that name: the family name stands before a comma, before initials, or last."""
    if is_simple(text):
        first, last = text.lower().split(" ")
        return Person(((first,),), ((last,),))
    spelled = _with_initials(text)
    before, comma, after = spelled.partition(",")
    if comma and _names(after):
        return Person(_names(after), _names(before))
    names = _names(spelled)
    at = _family_start(names)
    if names and is_initial(names[-1]) and not is_initial(names[0]):
        while at > 0 and is_initial(names[at - 1]):
            at -= 1
        return Person(names[at:], names[:at])
    return Person(names[:at], names[at:])


def is_simple(text: str) -> bool:
    """Whether this is a given name and a family name in plain letters, as most names are."""
    return _SIMPLE.fullmatch(text) is not None


def _family_start(names: tuple[Name, ...]) -> int:
    at = len(names) - 1
    while at > 1 and names[at - 1][0] in PARTICLES:
        at -= 1
    return max(at, 0)


def is_initial(name: Name) -> bool:
    """Whether nothing of this name is written out (`J.`, `J.-P.`)."""
    return len(name[0]) == 1 and all(len(part) == 1 and not borderless(part) for part in name)


def has_family_name(someone: Person, wanted: Name, *, prefix: bool = False) -> bool:
    """Whether the person's family name is this one, or begins with it."""
    text = "".join(wanted)
    if prefix or _is_short_run(text, someone):
        return any(surname.startswith(text) for surname in someone.surnames)
    return text in someone.surnames


def _is_short_run(text: str, someone: Person) -> bool:
    """Chinese and Korean names are written in one, the family name first: one character of it, rarely two."""
    return len(text) <= 2 and borderless(text[0]) and not someone.given


def may_be(someone: Person, wanted: tuple[Name, ...]) -> bool:
    """Whether the person may be the one of these names, in any order."""
    if glued(wanted) in (glued(someone.given + someone.family), glued(someone.family + someone.given)):
        return True
    return _has(someone, wanted) or (_is_hyphenated(someone, wanted) and _has(_split(someone), in_parts(wanted)))


def _has(someone: Person, wanted: tuple[Name, ...]) -> bool:
    """Whether the person has all of these names, but for what a source may leave out."""
    unmatched = list(someone.given + someone.family)
    rest = [name for name in wanted if not _take_equal(name, someone, unmatched)]
    if not any(_is_surname(name, someone) for name in wanted if name not in rest):
        return False
    missing = needed([name for name in rest if not _take_initial(name, unmatched)], wanted)
    return not missing or (not without_particles(unmatched) and _are_middle_initials(missing, wanted))


def _is_hyphenated(someone: Person, wanted: tuple[Name, ...]) -> bool:
    return any(len(name) > 1 for name in someone.family + wanted)


def _split(someone: Person) -> Person:
    """The same with each part of a double family name by itself. Given names stay: Fei-Fei is not Fei."""
    return Person(someone.given, in_parts(someone.family))


def in_parts(names: Iterable[Name]) -> tuple[Name, ...]:
    """The names, of the hyphenated ones each part."""
    return tuple((part,) for name in names for part in name)


def needed(names: Iterable[Name], wanted: Collection[Name]) -> list[Name]:
    """Those of the names without which nobody is the one of the names that are wanted: all but particles. A particle
    beside a single other name may be a given name: `Bin Yu`, `Le Song`."""
    particles = [name for name in wanted if _is_particle(name)]
    is_plain = len(particles) == len(wanted) or (len(particles) == 1 and len(wanted) == 2)
    return list(names) if is_plain else without_particles(names)


def glued(names: Iterable[Name]) -> str:
    """The names written as one word."""
    return "".join("".join(name) for name in names)


def _is_surname(name: Name, someone: Person) -> bool:
    return "".join(name) in someone.surnames


def _take_equal(name: Name, someone: Person, unmatched: list[Name]) -> bool:
    for other in unmatched:
        if "".join(name) == "".join(other) or (other in someone.family and len(name) == 1 and name[0] in other):
            unmatched.remove(other)
            return True
    return False


def _take_initial(name: Name, unmatched: list[Name]) -> bool:
    for other in unmatched:
        if _abbreviates(name, other) or _abbreviates(other, name):
            unmatched.remove(other)
            return True
    return False


def _abbreviates(short: Name, long: Name) -> bool:
    """`J.`, `J.-P.` and `JP` abbreviate `Jean-Pierre`."""
    initials = "".join(part[0] for part in long)
    if is_initial(short):
        return initials.startswith("".join(short))
    return len(long) > 1 and "".join(short) == initials


def without_particles(names: Iterable[Name]) -> list[Name]:
    """The names but for `van`, `de` and the like."""
    return [name for name in names if not _is_particle(name)]


def _is_particle(name: Name) -> bool:
    """`el`, but not `El-Sayed`."""
    return len(name) == 1 and name[0] in PARTICLES


def _are_middle_initials(missing: list[Name], wanted: tuple[Name, ...]) -> bool:
    """Whether a source may have left these out: initials, where a given name was found beside the family name."""
    return all(map(is_initial, missing)) and len(without_particles(wanted)) - len(missing) >= 2
