"""arXiv's classes: their number, their second names, and what is none."""

import pytest

from scrapers.categories import ALIASES, ARCHIVES, CLASSES, SUBSUMED, class_named, classes_in, is_same_class


def test_all_classes_are_there():
    assert (len(CLASSES), len(ARCHIVES)) == (155, 20)
    assert {name for pair in ALIASES.items() for name in pair} - {"cmp-lg"} <= CLASSES
    assert set(SUBSUMED.values()) <= CLASSES
    assert not SUBSUMED.keys() & (CLASSES | ARCHIVES)


@pytest.mark.parametrize(
    ("text", "name"),
    [("cs.CL", "cs.CL"), (" CS.cl ", "cs.CL"), ("Hep-TH", "hep-th"), ("astro-ph.ga", "astro-ph.GA"), ("math", "math")],
)
def test_a_class_is_named_as_arxiv_spells_it(text: str, name: str):
    assert class_named(text) == name


@pytest.mark.parametrize(
    ("text", "hint"),
    [("cs.XX", "did you mean cs"), ("cmp-lg", "it is cs.CL"), ("", "no class ''"), ("cs.CL+cs.LG", "no class 'cs.CL+")],
)
def test_what_is_no_class_is_refused_with_a_hint(text: str, hint: str):
    with pytest.raises(ValueError, match="arXiv has no class") as caught:
        class_named(text)
    assert hint in str(caught.value)


def test_codes_of_other_schemes_are_left_out():
    assert classes_in(["cs.LG", "I.2.6", "68T50", "cs.LG", "F.2.2; I.2.7", "bogus.AB", ""]) == ("cs.LG",)


def test_of_two_names_of_one_class_the_first_stays():
    assert classes_in(["hep-th", "math-ph", "math.MP", "cs.NA", "math.NA"]) == ("hep-th", "math-ph", "cs.NA")
    assert is_same_class("cs.NA", "math.NA")
    assert is_same_class("CS.CL", "cs.CL")
    assert not is_same_class("cs.CL", "cs.LG")


def test_a_class_that_arxiv_adds_is_one():
    assert classes_in(["cs.QC", "alg-geom"]) == ("cs.QC", "alg-geom")
