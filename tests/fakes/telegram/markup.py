"""Keyboards: what a `reply_markup` may hold. https://core.telegram.org/bots/api#inlinekeyboardmarkup"""

from typing import Any
from urllib.parse import urlsplit

from fakes.telegram.model import Json, Params, bad

_KINDS = ("inline_keyboard", "keyboard", "remove_keyboard", "force_reply")
_ACTS = (
    "url callback_data web_app login_url switch_inline_query switch_inline_query_current_chat"
    " switch_inline_query_chosen_chat copy_text callback_game pay"
).split()
_ROW, _ALL = 8, 100


def reply_markup(params: Params) -> Json | None:
    """The keyboard of a message, checked; None if it has none."""
    markup = params.json("reply_markup", "reply keyboard markup")
    if not markup:
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    kind = next((name for name in _KINDS if name in markup), "")
    if kind in ("inline_keyboard", "keyboard"):
        _check_rows(markup, kind)
        if not any(markup[kind]):
            return None
    return markup if kind else None


def keyboard_of(markup: Json, shown: list[list[str]]) -> list[list[str]]:
    """The labels of the reply keyboard after a message with this markup."""
    if "keyboard" in markup:
        return [[key if isinstance(key, str) else key["text"] for key in row] for row in markup["keyboard"]]
    return [] if markup.get("remove_keyboard") else shown


def _check_rows(markup: Json, kind: str) -> None:
    rows = markup[kind]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad(f'field "{kind}" of the {_name(kind)} must be an Array of Arrays')
    for row in rows:
        for button in row:
            _check_inline(button) if kind == "inline_keyboard" else _check_key(button)
    if any(len(row) > _ROW for row in rows) or sum(map(len, rows)) > _ALL:
        raise bad("reply markup is too long")


def _name(kind: str) -> str:
    return "InlineKeyboardMarkup" if kind == "inline_keyboard" else "ReplyKeyboardMarkup"


def _check_key(key: Any) -> None:
    text = key if isinstance(key, str) else key.get("text") if isinstance(key, dict) else None
    if not isinstance(text, str):
        raise bad("can't parse keyboard button: KeyboardButton must be a String or an Object")
    if not text:
        raise bad("keyboard button text must be non-empty")


def _check_inline(button: Any) -> None:
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not button.get("text"):
        raise bad("can't parse inline keyboard button: Can't find field \"text\"")
    acts = [name for name in _ACTS if name in button]
    if not acts:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(acts) > 1:
        raise bad("can't parse inline keyboard button: exactly one of its optional fields must be used")
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= 64:
        raise bad("BUTTON_DATA_INVALID")
    if "copy_text" in button and not 1 <= len(button["copy_text"].get("text", "")) <= 256:
        raise bad("BUTTON_COPY_TEXT_INVALID")
    if "url" in button:
        _check_url(button["url"])


def _check_url(url: str) -> None:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https", "tg"):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
    known = "." in (parts.hostname or "") or parts.scheme == "tg"
    if not known or any(character.isspace() for character in url):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
