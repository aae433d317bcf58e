"""Languages: nothing is missing, nothing was changed by a translation, and what is not there is English."""

import runpy
from datetime import date
from gettext import NullTranslations
from pathlib import Path

import pytest

from bot.language import LANGUAGES, Language, language, nearest_language

TRANSLATIONS = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "translations.py"))


def test_every_sentence_is_translated_with_its_values_and_markup_and_what_is_read_is_up_to_date(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert (TRANSLATIONS["main"](["--check"]), capsys.readouterr().out) == (0, "")


def test_a_missing_translation_is_found_and_is_english() -> None:
    template = TRANSLATIONS["extracted"]()
    template.add("Not {n} there")
    catalog = TRANSLATIONS["updated"]("de", template)

    assert TRANSLATIONS["mistakes"]("de", catalog) == ["de: not translated: Not {n} there"]
    assert language("de")("Not {n} there", n=3) == "Not 3 there"


@pytest.mark.parametrize(
    ("translation", "is_wrong"), [("{m} da", True), ("{n} <b>da</b>", True), ("da", True), ("da: {n}", False)]
)
def test_a_translation_with_other_values_or_markup_is_found(translation: str, is_wrong: bool) -> None:
    template = TRANSLATIONS["extracted"]()
    template.add("there are {n}")
    catalog = TRANSLATIONS["updated"]("de", template)
    catalog["there are {n}"].string = translation

    assert bool(TRANSLATIONS["mistakes"]("de", catalog)) == is_wrong


@pytest.mark.parametrize(
    ("code", "found"), [("de-AT", "de"), ("zh-hans", "zh"), ("RU", "ru"), ("pt_BR", "en"), ("", "en"), (None, "en")]
)
def test_the_nearest_language_is_spoken(code: str | None, found: str) -> None:
    assert nearest_language(code) == found


def test_numbers_days_and_weekdays_are_said_as_the_language_says_them() -> None:
    day = date(2026, 11, 20)

    assert [language(code).day(day) for code in LANGUAGES] == ["20 Nov", "20. Nov", "20 ноя", "11月20日"]
    assert [language(code).number(1234567) for code in LANGUAGES] == [
        "1,234,567", "1.234.567", "1\u00a0234\u00a0567", "1,234,567",
    ]  # fmt: skip
    for code in LANGUAGES:
        tr = language(code)
        assert len({tr.weekday(number) for number in range(7)}) == 7
        assert len({tr.day(date(2026, month, 1)) for month in range(1, 13)}) == 12


def test_russian_has_three_forms() -> None:
    tr = language("ru")

    assert [tr.plural("{n} paper", "{n} papers", n) for n in (1, 2, 5, 21)] == [
        "1 статья", "2 статьи", "5 статей", "21 статья",
    ]  # fmt: skip


def test_what_has_no_values_may_have_braces() -> None:
    assert Language("en", NullTranslations())("{as it stands}") == "{as it stands}"
