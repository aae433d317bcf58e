"""Raw text to plain text: white space, invisible characters, HTML entities, LaTeX, Unicode."""

import html
import logging
import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache, partial

# Zero-width joiners are letters' business in Persian and the Indic scripts; every other invisible
# character (controls, bidi overrides, soft hyphens, lone surrogates) can only harm.
_JOINERS = "\u200c\u200d"
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})
# Letters that NFKD does not take apart.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
# A formula (as Pandoc tells it: no blank inside its dollars, no digit behind, unless it has a command), an accent, a
# group, a command with its arguments, an escaped character.
_ARGUMENT = r"\{(?:[^{}]|\{[^{}]*\})*\}"
_LATEX = re.compile(
    r"\$\$?(?=[^\s$])(?:[^$\\]|\\.)+(?<=\S)\$?\$(?!\d)|\$[^$\s\\]*\\[^$]+(?<=\S)\$"
    rf"|\\[\"'`^~=.](?:{_ARGUMENT}|\\?[A-Za-z])"
    rf"|\{{\\[A-Za-z]++[^{{}}]*+\}}|\\[A-Za-z]+\*?(?:{_ARGUMENT})*|\\[%&#_{{}}$ ]"
)
# A tag, or a comment; scripts and styles are told by their tags, so that what stands between them can be left out.
_SILENT = re.compile(r"<(/?)(?:script|style)\b[^<>]{0,1000}>", re.IGNORECASE)
_INLINE = re.compile(
    r"</?(?:jats:)?(?:a|abbr|b|bold|code|em|font|i|italic|q|s|sc|small|span|strong|su[bp]|tt|u)(?:\s[^<>]{0,5000})?>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[A-Za-z/!?][^<>]{0,5000}>")
_LATIN_ACCENTS = re.compile(r"([a-z])[\u0300-\u036f]+")
_NOT_TITLE_LETTER = re.compile(r"[^a-z0-9+#]+")


def one_line(raw: str) -> str:
    """The same text in NFC on one line, blanks collapsed, without invisible characters."""
    text = " ".join(raw.split())
    if not text.isprintable():
        text = " ".join("".join(c for c in text if _is_visible(c)).split())
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _is_visible(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) not in _INVISIBLE


def unescape(markup: str) -> str:
    """Text whose HTML entities are resolved: `R&amp;D` gives `R&D`."""
    return html.unescape(markup)


def from_markup(markup: str) -> str:
    """The text of HTML on one line, without tags, scripts and styles: `<p>R&amp;D, H<sub>2</sub>O</p>` gives
    `R&D, H2O`. What is no tag stays: `p < 0.05`."""
    if "<" in markup:
        first, *rest = _SILENT.split(markup)
        shown = "".join([first, *(text for slash, text in zip(rest[::2], rest[1::2], strict=True) if slash)])
        markup = _TAG.sub(" ", _INLINE.sub("", shown))
    return one_line(unescape(markup))


def plain(text: str) -> str:
    """What a person should read where the text holds LaTeX; the text itself where it holds none.

    `Schr\\"odinger` gives `Schrödinger`, `GaLore$+$` gives `GaLore+`. Only formulas and commands are converted, each by
    itself: read as a whole, LaTeX would take the rest of a line after `75 %` for a comment. `$5 and $10` is none.
    """
    if "\\" not in text and text.count("$") < 2 and "``" not in text:
        return text
    converted = _LATEX.sub(lambda match: _converted(match[0]), text)
    if "``" in converted:
        converted = converted.replace("``", "“").replace("''", "”")
    return one_line(converted) or text


@lru_cache(maxsize=8192)
def _converted(latex: str) -> str:
    """A formula or a command as text; without its markup where it gives none (its authors' own commands)."""
    as_written = latex.strip("\\${}")
    try:
        commented = re.sub(r"(?<!\\)%", r"\\%", latex)
        text = _converter()(commented)
    except Exception:  # noqa: BLE001 - pylatexenc leaks IndexError, RecursionError and others on broken input
        return as_written
    return text if text.strip() and "%s" not in text else as_written


@cache
def _converter() -> Callable[[str], str]:
    """Made once: to list all commands that there are takes three times as long as to convert a formula."""
    from pylatexenc.latex2text import LatexNodes2Text
    from pylatexenc.latexwalker import get_default_latex_context_db

    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)  # it warns of every command that it does not know
    converter = LatexNodes2Text(math_mode="text")
    return partial(converter.latex_to_text, tolerant_parsing=True, latex_context=get_default_latex_context_db())


def fold(text: str) -> str:
    """The text for comparing: compatibility forms unified, lower case, accents on Latin letters dropped. The marks of
    other scripts are letters (й is not и)."""
    if text.isascii():
        return text.lower()
    # Unified before and after: a mathematical capital has a small form only when it is an ordinary letter.
    small = unicodedata.normalize("NFKD", text).casefold()
    decomposed = unicodedata.normalize("NFKD", small).translate(_LETTERS)
    return unicodedata.normalize("NFC", _LATIN_ACCENTS.sub(r"\1", decomposed))


def fingerprint(title: str) -> str:
    """What two spellings of one title have in common: its folded letters and digits, with nothing between them.

    Hyphens, blanks, punctuation, case and LaTeX markup do not count; `+` and `#` do (`C++`, `C#`).
    """
    folded = fold(plain(title))
    if folded.isascii():
        return _NOT_TITLE_LETTER.sub("", folded)
    return "".join(c for c in folded if c.isalnum() or c in "+#")
