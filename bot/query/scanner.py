"""Scanner: reads one value after another from what a person wrote, and knows the place of every mistake."""

import re
import unicodedata
from itertools import accumulate

from bot.query.errors import QueryError
from bot.query.terms import Value

MAX_DISTANCE = 999
MINUS = "-–—−－‐‑﹣"
# What other keyboards and phones write for the signs of the language; each is one character, so columns stay.
_THEIRS, _OURS = "“”„‟«»‹›＂〝〞〟「」『』（）：＝＜＞＊～［］【】", '"' * 16 + "():=<>*~[][]"
_SIGNS = str.maketrans(_THEIRS, _OURS)
_BLANKS = re.compile(r"\s+")
_WORD = re.compile(r'[^\s()":<>≥≤]+')
_ADDRESS = re.compile(r'[^\s"]+')
_NAMES = re.compile(rf'[^\s()":<>≥≤]+(?:\s+(?!(?:AND|OR|NOT)(?:[\s()"]|$)|[{MINUS}=])[^\s()":<>≥≤]+)*')
_OPENED = re.compile(r"[\[{][^\]}]*$")  # but `[MASK]` is a word
_BORDER = re.compile(r"(?<![^\s(:\[{-])[\[{]|[\]}](?![^\s)\]}])")  # of a group
_SQUARE = dict(zip("[]{}", "()()", strict=True))
_BETWEEN_QUOTES = re.compile(r'"[^"]*"')
_DISTANCE = re.compile(r'~([^\s()"]*)')
# Single quotes around something, but no apostrophe; and what is not seen beside a blank or a sign of the language.
_SINGLE = re.compile(r"(?<!\w)‘([^‘’]*)’(?!\w)")
_JOINERS = "\u200c\u200d"  # are letters' business
_UNSEEN = "".join(
    chr(n) for n in range(0x80, 0xFFFF) if unicodedata.category(chr(n)) == "Cf" and chr(n) not in _JOINERS
)
_EDGES = re.compile(rf'(?<![^\s()":<>=~–-])[{_UNSEEN}]+|[{_UNSEEN}]+(?![^\s()":<>=~])')


class Scanner:
    """A query being read: the text, and in `at` how far it was read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.line = _SINGLE.sub(r'"\1"', text.translate(_SIGNS))
        if not self.line.isprintable():
            self.line = _EDGES.sub(lambda unseen: " " * len(unseen[0]), self.line)
        self.at = 0

    def skip_blanks(self) -> bool:
        """Goes to the next character; False at the end."""
        if blanks := _BLANKS.match(self.line, self.at):
            self.at = blanks.end()
        return self.at < len(self.line)

    def peek(self, at: int | None = None) -> str:
        """The next character, or nothing at the end."""
        at = self.at if at is None else at
        return self.line[at : at + 1]

    def word(self, at: int | None = None) -> str:
        """What stands there up to a blank or a sign of the language; nothing is read."""
        match = _WORD.match(self.line, self.at if at is None else at)
        return match[0] if match else ""

    def error(self, message: str, at: int, hint: str | None = None) -> QueryError:
        """The mistake at that place (from 0)."""
        return QueryError(message, self.text, at + 1, hint)

    def value(self, field: str, *, grouped: bool) -> Value:
        """Reads a value of that field: `"..."`, `=...`, `"..."~5` or a word.

        An identifier goes up to the next blank; in `author:(...)` the names up to the next operator are one person.
        """
        exact = self.peek() == "="
        self.at += exact
        if self.peek() == '"':
            return self._quoted(exact)
        match = self._pattern(field, grouped).match(self.line, self.at)
        if not match or match[0][0] == "=":
            raise self.error("= must stand directly before a word or a quote.", self.at - 1)
        text = _balanced(match[0]) if field == "id" else match[0]
        self._refuse_tilde(text)
        if _OPENED.match(text) and not exact and field not in ("id", "has"):
            raise self.error("Groups stand in round brackets.", self.at, self._rounded())
        self.at += len(text)
        if exact and self.peek() == ":":
            raise self.error("= stands after the field.", match.start() - 1, f"{text}:=")
        # A spelling is taken as it was written, but for a * of another keyboard.
        return Value(self.text[match.start() : self.at] if exact and "*" not in text else text, exact=exact)

    @staticmethod
    def _pattern(field: str, grouped: bool) -> re.Pattern[str]:
        if field == "id":
            return _ADDRESS
        return _NAMES if field == "author" and grouped else _WORD

    def _refuse_tilde(self, text: str) -> None:
        if "~" in text and len(text) > 1:
            at = self.at + text.index("~")
            raise self.error('~ stands after a phrase in quotes, such as "sparse attention"~5.', at)

    def _rounded(self) -> str | None:
        """The text with round brackets for others, if these may be the borders of groups; not within quotes."""
        outside = _BETWEEN_QUOTES.sub(lambda quoted: " " * len(quoted[0]), self.line)
        borders = {*(found.start() for found in _BORDER.finditer(outside))}
        squares = [(place, char) for place, char in enumerate(outside) if char in _SQUARE]
        depths = list(accumulate(1 if char in "[{" else -1 for _, char in squares))
        if depths[-1] or min(depths) < 0 or any(place not in borders for place, _ in squares):
            return None
        return "".join(_SQUARE[outside[at]] if at in borders else char for at, char in enumerate(self.text))

    def _quoted(self, exact: bool) -> Value:
        opened = self.at
        closed = self.line.find('"', opened + 1)
        if closed < 0:
            outside = "".join(self.line[:opened].split('"')[::2])
            brackets = ")" * (outside.count("(") - outside.count(")"))
            hint = f'{self.text.rstrip()}"{brackets}' if self.line[opened + 1 :].strip() else None
            raise self.error("This quote is never closed.", opened, hint)
        self.at = closed + 1
        text = (self.text if exact else self.line)[opened + 1 : closed]
        return Value(text, quoted=True, exact=exact, distance=self._distance(exact, text))

    def _distance(self, exact: bool, text: str) -> int | None:
        match = _DISTANCE.match(self.line, self.at)
        if not match:
            return None
        if exact:
            raise self.error("= asks for one spelling and has no distance.", self.at, f'="{text}"')
        digits = match[1]
        if not (digits.isascii() and digits.isdigit() and int(digits[:9]) <= MAX_DISTANCE):
            raise self.error(f"~ needs a number of words up to {MAX_DISTANCE} directly after it.", self.at, "~5")
        self.at = match.end()
        return int(digits)


def _balanced(address: str) -> str:
    """An address without the brackets that close a group around it; DOIs may have brackets of their own."""
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1]
    return address
