"""Headings: a title and its authors in one line, as Scholar Feed glues them together.

heading = title name [", " name [", " name]] [" et al."] [" · " slug [", " slug]...]
"""

import re
from functools import lru_cache
from typing import NamedTuple

from scrapers.pasted.titles_and_abstracts import LONGEST_TITLE, begins_within_sentence

_SLUGS = re.compile(r" ?· ?([a-z0-9-]+(?:, ?[a-z0-9-]+)*)$")
_PARTICLES = frozenset(
    "van von de der den del della di da dos das du la le el al bin ben ibn y e ter ten zu af av do st und ul".split()
)
_NAME_PREFIXES = frozenset("Mc Mac De Di Du La Le Van Von Fitz Al El St Da Del O".split())
_INNER_CAPITAL = re.compile(r"\w+[A-Z]")
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


class Heading(NamedTuple):
    """A heading taken apart: `more` for "et al.", `slugs` of institutions, `sure` if the title's end is certain."""

    title: str
    authors: tuple[str, ...]
    more: bool
    slugs: tuple[str, ...]
    sure: bool


@lru_cache(maxsize=256)
def is_heading(text: str) -> bool:
    """Is this surely a heading? One without "et al." or institutions is recognised by its place only."""
    marked = text.endswith(" et al.") or " · " in text[-120:]
    return marked and len(text) <= 2 * LONGEST_TITLE and split_heading(text) is not None


def lacks_beginning(heading: str) -> bool:
    """Does the title of this heading seem to have begun on the line before?"""
    split = split_heading(heading)
    return split is not None and (len(split.title.split()) <= 2 or begins_within_sentence(split.title))


def split_heading(text: str) -> Heading | None:
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
            return Heading(head[: places[0]].rstrip(), authors, more, known, sure)
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


def is_topic(name: str) -> bool:
    """Is this what titles end with (`Gaussian Splatting`), rather than a name?"""
    return not _NO_NAMES.isdisjoint(name.split())
