"""Shapes: what each character of a text does for words.

The shape of a text has the same length; in it stand letters, digits, the signs that words may contain, `_` for a
letter of a script without borders of words, and blanks for everything else.
"""

import unicodedata

_RUN, _LETTER, _DIGIT = "_", "a", "0"
_BORDERLESS = (
    (0x0E00, 0x0E7F), (0x1100, 0x11FF), (0x3005, 0x3007), (0x3041, 0x3096), (0x3099, 0x309F), (0x30A1, 0x30FF),
    (0x3131, 0x318E), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA960, 0xA97C), (0xAC00, 0xD7FB),
    (0xF900, 0xFAFF), (0xFF66, 0xFFDC), (0x1B000, 0x1B16F), (0x20000, 0x323AF),
)  # fmt: skip
_FIRST = chr(_BORDERLESS[0][0])
_SIGNS = {**dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-"), **dict.fromkeys("’ʼ＇", "'"), "＆": "&"}


class _Shapes(dict[int, str]):
    """For str.translate: the table grows with the characters that are met."""

    def __missing__(self, code: int) -> str:
        shape = self[code] = _shape(code)
        return shape


def _shape(code: int) -> str:
    char = chr(code)
    if code < 0x80:
        return char if char.isalnum() or char in ".'-+#&" else " "
    if char in _SIGNS:
        return _SIGNS[char]
    category = unicodedata.category(char)
    if category[0] not in "LMN" and char not in "\u200c\u200d":
        return " "
    if borderless(char):
        return _RUN
    return _DIGIT if category == "Nd" else _LETTER


def borderless(char: str) -> bool:
    """Whether this is a letter of a script that sets no borders between words."""
    return char >= _FIRST and any(low <= ord(char) <= high for low, high in _BORDERLESS)


_SHAPES = _Shapes()
_ASCII = str.maketrans({chr(code): _shape(code) for code in range(0x80)})


def shape_of(text: str) -> str:
    """The shape of the text."""
    return text.translate(_ASCII if text.isascii() else _SHAPES)


def spaced(text: str) -> str:
    """The text with its chunks at the same places and nothing but blanks between them."""
    # Only on ASCII is str.translate fast (20 times); other texts are cut at their blanks alone.
    return text.translate(_ASCII) if text.isascii() else text
