"""The methods of the Bot API about the bot itself and about its chats."""

import re
from typing import TYPE_CHECKING

from fakes.telegram.chats import Chat
from fakes.telegram.members import Member
from fakes.telegram.model import Json, Params, Person, bad

if TYPE_CHECKING:
    from fakes.telegram.server import FakeTelegram

Scope = tuple[str, int, int]

_SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
_GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)
_WORDS = {"name": ("name", 64), "description": ("description", 512), "shortdescription": ("short_description", 120)}


def get_me(api: "FakeTelegram", params: Params) -> Json:
    can = {"can_join_groups": True, "can_read_all_group_messages": not api.privacy, "supports_inline_queries": True}
    more = ("can_connect_to_business", "has_main_web_app", "has_topics_enabled", "allows_users_to_create_topics")
    return {**api.me, **can, **dict.fromkeys(more, False)}


def set_my_commands(api: "FakeTelegram", params: Params) -> bool:
    commands = params.json("commands", "commands")
    if not isinstance(commands, list):
        raise bad("commands must be an Array")
    if len(commands) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for one in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one.get("command", "")):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(one.get("description", "")) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    api.commands_set[_scope(api, params), _language(params)] = commands
    return True


def get_my_commands(api: "FakeTelegram", params: Params) -> list[Json]:
    return api.commands_set.get((_scope(api, params), _language(params)), [])


def delete_my_commands(api: "FakeTelegram", params: Params) -> bool:
    api.commands_set.pop((_scope(api, params), _language(params)), None)
    return True


def menu(api: "FakeTelegram", chat: Chat, person: Person) -> list[Json]:
    """The commands that a person is offered in a chat: the narrowest scope, and the person's language before none."""
    admin = chat.members.get(person.id, Member({})).status in ("creator", "administrator")
    scopes: list[Scope] = [("chat", chat.id, 0), ("all_private_chats", 0, 0), ("default", 0, 0)]
    if not chat.private:
        scopes = [("chat_member", chat.id, person.id)]
        scopes += [("chat_administrators", chat.id, 0)] if admin else []
        scopes += [("chat", chat.id, 0)]
        scopes += [("all_chat_administrators", 0, 0)] if admin else []
        scopes += [("all_group_chats", 0, 0), ("default", 0, 0)]
    keys = [(scope, language) for scope in scopes for language in (person.language[:2], "")]
    return next((api.commands_set[key] for key in keys if api.commands_set.get(key)), [])


def scope_key(api: "FakeTelegram", scope: Json) -> Scope:
    kind = scope.get("type", "")
    if kind not in _SCOPES:
        raise bad("can't parse BotCommandScope: unsupported type specified")
    if any(name not in scope for name in _SCOPES[kind]):
        raise bad("can't parse BotCommandScope: a field is missing")
    chat = api.chat_for(Params(scope)) if "chat_id" in _SCOPES[kind] else None
    if chat and chat.kind == "channel":
        raise bad("can't change commands in channel chats")
    return kind, chat.id if chat else 0, int(scope.get("user_id", 0)) if "user_id" in _SCOPES[kind] else 0


def _scope(api: "FakeTelegram", params: Params) -> Scope:
    return scope_key(api, params.json("scope", "BotCommandScope") or {"type": "default"})


def _language(params: Params) -> str:
    language = params.text("language_code")
    if not re.fullmatch(r"([a-z]{2})?", language):
        raise bad("invalid language code specified")
    return language


def set_words(api: "FakeTelegram", params: Params, what: str) -> bool:
    field, most = _WORDS[what]
    if len(params.text(field)) > most:
        raise bad(f"bot {field.replace('_', ' ')} is too long")
    api.words[what, _language(params)] = params.text(field)
    return True


def get_words(api: "FakeTelegram", params: Params, what: str) -> Json:
    empty = api.me["first_name"] if what == "name" else ""
    own, common = ((what, language) for language in (_language(params), ""))
    return {_WORDS[what][0]: api.words.get(own) or api.words.get(common) or empty}


def get_chat(api: "FakeTelegram", params: Params) -> Json:
    chat = api.chat_for(params, inside=True)
    full = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _GIFTS}
    return {**chat.json(), **full}


def get_chat_member(api: "FakeTelegram", params: Params) -> Json:
    chat, id = api.chat_for(params, inside=True), params.number("user_id")
    _listable(chat)
    if id in chat.members:
        return chat.members[id].json()
    if id not in api.people:
        raise bad("invalid user_id specified" if not id else "user not found")
    return Member(api.people[id].json(), "left").json()


def get_chat_administrators(api: "FakeTelegram", params: Params) -> list[Json]:
    chat = api.chat_for(params, inside=True)
    if chat.private:
        raise bad("there are no administrators in the private chat")
    _listable(chat)
    me = api.me["id"]  # of bots only the one that asks is listed
    return [
        one.json()
        for id, one in chat.members.items()
        if one.status in ("creator", "administrator") and (id == me or not one.user["is_bot"])
    ]


def get_chat_member_count(api: "FakeTelegram", params: Params) -> int:
    chat = api.chat_for(params, inside=True)
    return sum(one.status not in ("left", "kicked") for one in chat.members.values())


def _listable(chat: Chat) -> None:
    if chat.kind == "channel" and chat.bot.status != "administrator":
        raise bad("member list is inaccessible")


def log_out(api: "FakeTelegram", params: Params) -> bool:
    api.logged_out = True
    return True


def close(api: "FakeTelegram", params: Params) -> bool:
    return True
