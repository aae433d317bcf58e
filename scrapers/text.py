"""Raw text to plain text: white space, invisible characters, HTML entities, LaTeX, Unicode."""

import html
import re
import unicodedata
from functools import lru_cache

# Zero-width joiners are letters' business in Persian and the Indic scripts; every other invisible
# character (controls, bidi overrides, soft hyphens, lone surrogates) can only harm.
_JOINERS = "\u200c\u200d"
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})
# Letters that NFKD does not take apart.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
_LATEX = re.compile(r"\\[A-Za-z\"'`^~=.{}%$&#_,;!-]|\$[^$]+\$")
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


def plain(text: str) -> str:
    """What a person should read where the text holds LaTeX; the text itself where it holds none.

    `Schr\\"odinger` gives `Schrödinger`, `GaLore$+$` gives `GaLore+`. A result that lost more than 40 % of the
    text is not trusted (prices such as `$5 and $10` are no formulas), and the text is returned as it was.
    """
    return _plain(text) if ("\\" in text or text.count("$") > 1) and _LATEX.search(text) else text


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    from pylatexenc.latex2text import LatexNodes2Text

    try:
        result = one_line(LatexNodes2Text(math_mode="text").latex_to_text(text, tolerant_parsing=True))
    except Exception:  # noqa: BLE001 - pylatexenc leaks IndexError and RecursionError on broken input
        return text
    return result if len(result) >= 0.6 * len(text) else text


def fold(text: str) -> str:
    """The text for comparing: compatibility forms unified, lower case, accents on Latin letters dropped. The marks of
    other scripts are letters (й is not и)."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return unicodedata.normalize("NFC", _LATIN_ACCENTS.sub(r"\1", decomposed))


def fingerprint(title: str) -> str:
    """What two spellings of one title have in common: its folded letters and digits, with nothing between them.

    Hyphens, blanks, punctuation, case and LaTeX markup do not count; `+` and `#` do (`C++`, `C#`).
    """
    folded = fold(plain(title))
    if folded.isascii():
        return _NOT_TITLE_LETTER.sub("", folded)
    return "".join(c for c in folded if c.isalnum() or c in "+#")
