"""The languages in which people are spoken to. Sentences are written in English in the code, `tr("...")`, and
translated by gettext (https://docs.python.org/3/library/gettext.html); `./check translations` brings the files in
bot/locale up to date. What is not translated stays English.
"""

from datetime import date
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

LANGUAGES = {"en": "English", "de": "Deutsch", "ru": "Русский", "zh": "中文"}
_THOUSANDS = {"de": ".", "ru": "\u00a0"}
LOCALE = Path(__file__).parent / "locale"
DOMAIN = "paperwatch"


class Language:
    """Says sentences in one language: `tr("{n} of {all}", n=3, all=5)`. Values are put in as they are."""

    def __init__(self, code: str, translations: NullTranslations) -> None:
        self.code, self._translations = code, translations

    def __call__(self, sentence: str, /, **values: object) -> str:
        translated = self._translations.gettext(sentence)
        return translated.format(**values) if values else translated

    def plural(self, one: str, many: str, /, n: int, **values: object) -> str:
        """The sentence for that number of things; `{n}` stands for the number."""
        return self._translations.ngettext(one, many, n).format(n=self.number(n), **values)

    def number(self, number: int) -> str:
        """`1,234` as the language writes it."""
        return f"{number:,}".replace(",", _THOUSANDS.get(self.code, ","))

    def day(self, day: date) -> str:
        """`20 Nov`, as short as the language has it."""
        tr = self
        return tr("{day} {month}", day=day.day, month=self._month(day))

    def full_day(self, day: date) -> str:
        """`20 Nov 2026`."""
        tr = self
        return tr("{day} {month} {year}", day=day.day, month=self._month(day), year=day.year)

    def _month(self, day: date) -> str:
        tr = self
        return tr("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec").split()[day.month - 1]

    def weekday(self, number: int) -> str:
        """The name of a day of the week; Monday is 0."""
        tr = self
        return tr("Monday Tuesday Wednesday Thursday Friday Saturday Sunday").split()[number]


def nearest_language(code: str | None) -> str:
    """The one of our languages that a code such as `de`, `zh-hans` or `pt-BR` means, else English."""
    begin = (code or "").replace("_", "-").partition("-")[0].lower()
    return begin if begin in LANGUAGES else "en"


@cache
def language(code: str) -> Language:
    """The language of that code, or English."""
    path = LOCALE / code / "LC_MESSAGES" / f"{DOMAIN}.mo"
    if code not in LANGUAGES or not path.is_file():
        return Language("en" if code not in LANGUAGES else code, NullTranslations())
    with path.open("rb") as file:
        return Language(code, GNUTranslations(file))


ENGLISH = language("en")
