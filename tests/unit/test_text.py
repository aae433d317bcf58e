"""Raw text to plain text, and what titles have in common."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers.text import fingerprint, fold, one_line, plain


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("  two\n  lines\t", "two lines"),
        ("zero\u200bwidth\ufeff and bidi\u202e", "zerowidth and bidi"),
        ("soft\u00adhyphen", "softhyphen"),
        ("bell\x07 nul\x00", "bell nul"),
        ("e\u0301", "é"),
        ("کتاب\u200cها", "کتاب\u200cها"),
        ("\ud800lone", "lone"),
    ],
)
def test_one_line_has_no_breaks_and_nothing_invisible(raw: str, line: str) -> None:
    assert one_line(raw) == line


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        ('Schr\\"odinger and Erd\\H{o}s', "Schrödinger and Erdős"),
        ("L\\'evy \\c{C}elik", "Lévy Çelik"),
        ("GaLore$+$: Boosting", "GaLore+: Boosting"),
        ("$\\alpha$-helix, $\\times$2", "α-helix, ×2"),
        ("\\textbf{Uni\\emph{Reg}} is 75% good, they say", "UniReg is 75% good, they say"),
        ("$95\\%$ and $95%$ of it", "95% and 95% of it"),
        ("{\\bf bold} text", "bold text"),
        ("we call it \\ours{} here", "we call it ours here"),
        ("``SimVLG'' it is", "“SimVLG” it is"),
        ("Price is $5 and $10 off", "Price is $5 and $10 off"),
        ("nothing to do", "nothing to do"),
        ("a broken \\frac{1 formula", "a broken frac{1 formula"),
    ],
)
def test_plain_converts_formulas_and_commands_and_nothing_else(latex: str, text: str) -> None:
    assert plain(latex) == text


@given(st.text(alphabet=st.sampled_from(list("\\${}%abc`'^ _\"~[]")), max_size=200))
def test_plain_takes_anything(latex: str) -> None:
    assert plain(latex) or not one_line(latex)


@pytest.mark.parametrize(
    "open_end", ["{\\" + "a" * 40_000, "$x_{" * 10_000, "\\a{" * 10_000, "\\a{{b}" * 8_000, "{" * 50_000]
)
def test_plain_takes_no_longer_for_what_is_never_closed(open_end: str) -> None:
    started = time.thread_time()
    plain(open_end)
    assert time.thread_time() - started < 0.5  # 6 s for the first, when its letters were tried in every way


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Søren Ångström", "soren angstrom"),
        ("Łódź", "lodz"),
        ("straße", "strasse"),
        ("Йод", "йод"),
        ("𝒪(ℕ) Ｋ", "o(n) k"),
    ],
)
def test_fold_drops_case_and_latin_accents_only(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Post -Rollout Edits", "Post-Rollout  edits", True),
        ("GaLore$+$", "GaLore+", True),
        ("Fine-Tuning", "Fine Tuning", True),
        ("C++ in Practice", "C in Practice", False),
        ("深度学习", "深度学习。", True),
        ("Version 2.0", "Version 20", True),
    ],
)
def test_fingerprints_tell_titles_by_their_letters_and_digits(one: str, other: str, same: bool) -> None:
    assert (fingerprint(one) == fingerprint(other)) is same
