"""Telegram's HTML: a text with markup becomes a text and its entities, or a refusal in Telegram's words.

The behaviour is that of `parse_html` in td/telegram/MessageEntity.cpp (https://github.com/tdlib/td): positions in
errors count bytes, offsets of entities UTF-16 units. Stricter than there: a blockquote inside another is refused (the
documentation forbids it, the server quietly drops one of them), and so is a mode other than HTML.
"""

import re
from dataclasses import dataclass
from typing import Any

Entity = dict[str, Any]

_TYPES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "span": "spoiler",
    "tg-spoiler": "spoiler", "tg-emoji": "custom_emoji", "tg-time": "date_time", "a": "text_link", "pre": "pre",
    "code": "code", "blockquote": "blockquote",
}  # fmt: skip
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_PERSON = re.compile(r"tg://user\?id=([0-9]{1,18})")
_PLAIN = re.compile(r"[^<&]+")
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-zA-Z]+));?")
_SPACE = " \t\r\n\0\v"
_HREF = re.compile(r"(?:(?:https?|tg|ton|tonsite)://)?[^\s/?#]+(?:[/?#]\S*)?", re.IGNORECASE)


class ParseError(ValueError):
    """What follows "can't parse entities: " in the answer."""


@dataclass
class _Open:
    tag: str
    argument: str
    offset: int
    start: int  # in the text so far, for an <a> whose address is its text


def utf16(text: str) -> int:
    """The length of a text as Telegram counts offsets."""
    return len(text) + sum(character > "\uffff" for character in text)


def span(text: str, entity: Entity) -> str:
    """The part of a text that an entity covers."""
    data = text.encode("utf-16-le", "surrogatepass")
    return data[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le", "replace")


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """The text without markup, and its entities in order."""
    parser = _Parser(source)
    parser.run()
    return parser.text, _without_overlaps(sorted(parser.entities, key=lambda one: (one["offset"], -one["length"])))


class _Parser:
    def __init__(self, source: str) -> None:
        self.source, self.at = source, 0
        self.text, self.offset = "", 0
        self.open: list[_Open] = []
        self.entities: list[Entity] = []

    def run(self) -> None:
        while self.at < len(self.source):
            if plain := _PLAIN.match(self.source, self.at):
                self._put(plain[0])
                self.at = plain.end()
            elif self._peek() != "<":
                self._put(self._character())
            elif self.source.startswith("</", self.at):
                self._end_tag()
            else:
                self._start_tag()
        if self.open:
            raise ParseError(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')

    def _peek(self) -> str:
        return self.source[self.at : self.at + 1]

    def _byte(self, position: int) -> int:
        return len(self.source[:position].encode("utf-8", "surrogatepass"))

    def _put(self, piece: str) -> None:
        self.text += piece
        self.offset += utf16(piece)

    def _character(self) -> str:
        """The character at hand, or the one that a reference at hand stands for; an unknown reference is text."""
        found = _REFERENCE.match(self.source, self.at) if self._peek() == "&" else None
        piece = _referenced(found) if found else ""
        if found and piece:
            self.at = found.end()
            return piece
        self.at += 1
        return self.source[self.at - 1]

    def _until(self, stop: str) -> str:
        start = self.at
        while self.at < len(self.source) and self._peek() not in stop:
            self.at += 1
        return self.source[start : self.at]

    def _skip_space(self) -> None:
        while self._peek() and self._peek() in _SPACE:
            self.at += 1

    def _start_tag(self) -> None:
        begin = self._byte(self.at)
        self.at += 1
        tag = self._until(_SPACE + ">").lower()
        if not self._peek():
            raise ParseError(f"Unclosed start tag at byte offset {begin}")
        if tag not in _TYPES:
            raise ParseError(f'Unsupported start tag "{tag}" at byte offset {begin}')
        argument = ""
        while self._peek() != ">":
            self._skip_space()
            if self._peek() == ">":
                break
            name, value = self._attribute(tag, begin)
            argument = _argument(tag, name, value) or argument
        self.at += 1
        if tag == "span" and argument != "spoiler":
            raise ParseError(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
        if tag == "blockquote" and any(one.tag == tag for one in self.open):
            raise ParseError(f'Tag "blockquote" must not be nested at byte offset {begin}')
        self.open.append(_Open(tag, argument, self.offset, len(self.text)))

    def _attribute(self, tag: str, begin: int) -> tuple[str, str]:
        name = self._until(_SPACE + "=>")
        if not name:
            raise ParseError(f'Empty attribute name in the tag "{tag}" at byte offset {begin}')
        self._skip_space()
        if self._peek() == "=":
            self.at += 1
            self._skip_space()
            value = self._value(tag, begin)
        else:
            value = ""
        if not self._peek():
            raise ParseError(f"Unclosed start tag at byte offset {begin}")
        return name, value

    def _value(self, tag: str, begin: int) -> str:
        if not self._peek():
            raise ParseError(f'Unclosed start tag "{tag}" at byte offset {begin}')
        if self._peek() in "'\"":
            return self._quoted()
        start = self.at
        while re.match(r"[A-Za-z0-9.-]", self._peek()):
            self.at += 1
        if self._peek() not in _SPACE + ">":
            raise ParseError(f"Unexpected end of name token at byte offset {self._byte(start)}")
        return self.source[start : self.at].lower()

    def _quoted(self) -> str:
        mark, value = self._peek(), ""
        self.at += 1
        while self._peek() not in ("", mark):
            value += self._character()
        self.at += 1
        return value

    def _end_tag(self) -> None:
        begin = self._byte(self.at)
        if not self.open:
            raise ParseError(f"Unexpected end tag at byte offset {begin}")
        self.at += 2
        tag = self._until(_SPACE + ">").lower()
        self._skip_space()
        if self._peek() != ">":
            raise ParseError(f"Unclosed end tag at byte offset {begin}")
        self.at += 1
        opened = self.open.pop()
        if tag not in ("", opened.tag):
            raise ParseError(f'Unmatched end tag at byte offset {begin}, expected "</{opened.tag}>", found "</{tag}>"')
        if self.offset > opened.offset:
            self._close(opened)

    def _close(self, opened: _Open) -> None:
        entity: Entity = {
            "type": _TYPES[opened.tag], "offset": opened.offset, "length": self.offset - opened.offset,
        }  # fmt: skip
        match opened.tag:
            case "a":
                href = opened.argument or self.text[opened.start :]
                address = _link(href)
                if not address:
                    return
                person = _PERSON.fullmatch(address)
                user = {"id": int(person[1]), "is_bot": False, "first_name": "Somebody"} if person else {}
                entity |= {"type": "text_mention", "user": user} if person else {"url": address}
            case "tg-emoji":
                if not opened.argument.isdecimal() or int(opened.argument) == 0:
                    raise ParseError("Invalid custom emoji identifier specified")
                entity["custom_emoji_id"] = opened.argument
            case "blockquote" if opened.argument:
                entity["type"] = "expandable_blockquote"
            case "code" if opened.argument:
                entity["language"] = opened.argument
            case "pre" if self._took_language(entity):
                return
        self.entities.append(entity)

    def _took_language(self, pre: Entity) -> bool:
        """<pre><code class="language-x"> is one entity."""
        last = self.entities[-1] if self.entities else {}
        same = (last.get("type"), last.get("offset"), last.get("length")) == ("code", pre["offset"], pre["length"])
        if same and "language" in last:
            last["type"] = "pre"
        return same and last["type"] == "pre"


def _referenced(found: re.Match[str]) -> str:
    hexadecimal, decimal, name = found.groups()
    if name:
        return _NAMED.get(name, "")
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    known = 0 < code < 0x10FFFF and len(found[0].rstrip(";")) < 10
    if known and 0xD800 <= code <= 0xDFFF:
        raise ParseError(
            "Text contains invalid Unicode characters after decoding HTML entities,"
            " check for unmatched surrogate code units"
        )
    return chr(code) if known else ""


def _argument(tag: str, name: str, value: str) -> str:
    match tag, name:
        case ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "unix"):
            return value
        case ("code", "class") if value.startswith("language-"):
            return value.removeprefix("language-")
        case ("span", "class") if value.startswith("tg-"):
            return value.removeprefix("tg-")
        case ("blockquote", "expandable"):
            return "1"
    return ""


def _link(href: str) -> str:
    """The address as Telegram keeps it; "" for one that it does not take, whose tag then becomes plain text."""
    href = href.strip()
    if not _HREF.fullmatch(href):
        return ""
    scheme, _, rest = href.partition("://")
    if rest and scheme.lower() in ("tg", "ton", "tonsite"):
        return href
    if not rest:
        scheme, rest = "http", href
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    if "." not in host and host != "localhost" and not host.startswith("["):
        return ""
    if ":" in scheme:
        return ""
    return f"{scheme.lower()}://{rest}" + ("" if re.search(r"[/?#]", rest) else "/")


def _without_overlaps(entities: list[Entity]) -> list[Entity]:
    """Nothing but a quotation reaches into code: what would is cut around it."""
    code = [one for one in entities if one["type"] in ("code", "pre")]
    outer: list[Entity] = []
    for one in code:
        inside = outer and one["offset"] < outer[-1]["offset"] + outer[-1]["length"]
        if not inside:
            outer.append(one)
    kept = [dict(one) for one in outer]
    for one in kept:
        if one["type"] == "code":
            one.pop("language", None)
    for entity in entities:
        if entity["type"] not in ("code", "pre"):
            kept += [entity] if "blockquote" in entity["type"] else _around(entity, outer)
    return sorted(kept, key=lambda one: (one["offset"], -one["length"]))


def _around(entity: Entity, holes: list[Entity]) -> list[Entity]:
    parts, start, end = [], entity["offset"], entity["offset"] + entity["length"]
    for hole in holes:
        first, last = hole["offset"], hole["offset"] + hole["length"]
        if last <= start or first >= end:
            continue
        if first > start:
            parts.append({**entity, "offset": start, "length": first - start})
        start = max(start, last)
    if start < end:
        parts.append({**entity, "offset": start, "length": end - start})
    return parts
