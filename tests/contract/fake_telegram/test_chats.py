"""Who may be written to at the fake Telegram server, and what of it the bot hears."""

from functools import partial

import pytest
from fakes.telegram import GROUP_ANONYMOUS_BOT, TOKEN, Chat, FakeTelegram, Person
from farside.bot_calls import FAR, ask, refused, told
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [
        ("blocked", 403, "Forbidden: bot was blocked by the user"),
        ("deactivated", 403, "Forbidden: user is deactivated"),
        ("never_started", 403, "Forbidden: bot can't initiate conversation with a user"),
        ("kicked", 403, "Forbidden: bot was kicked from the private chat"),
    ],
)
def test_people_who_cannot_be_written_to(api: FakeTelegram, chat: Chat, state: str, status: int, words: str) -> None:
    chat.set_state(state)

    answer, body = api.call(TOKEN, "sendMessage", {"chat_id": chat.id, "text": "x"})

    assert (answer, body["description"]) == (status, words)
    assert api.violations() == []
    refused(api, "sendMessage", chat_id=chat.id, text="again")
    assert api.violations() == [f"chat {chat.id} was written to again after: {words}"]


async def test_groups_that_cannot_be_written_to(net: FakeTelegram, bot: Bot) -> None:
    ada = net.user()
    group, forum, channel = net.group("G", ada), net.forum("F", ada), net.channel("C", "papers", [ada])
    for act, chat, words in (
        (group.kick, group, "bot was kicked from the group chat"),
        (forum.kick, forum, "bot was kicked from the supergroup chat"),
        (partial(forum.set_bot, "left"), forum, "bot is not a member of the supergroup chat"),
        (partial(channel.set_bot, "left"), channel, "bot is not a member of the channel chat"),
        (group.delete, group, "the group chat was deleted"),
    ):
        act()
        with pytest.raises(Forbidden, match=words):
            await bot.send_message(chat.id, "x")
    channel.set_bot("administrator", can_post_messages=False)
    with pytest.raises(BadRequest, match=r"(?i)need administrator rights in the channel chat"):
        await bot.send_message("@papers", "x")


async def test_blocking_and_unblocking_is_told(net: FakeTelegram, bot: Bot) -> None:
    ada = net.user()
    chat = net.private(ada)
    chat.block(ada)
    chat.unblock(ada)

    changes = [update.my_chat_member for update in await bot.get_updates()]

    assert [(one.old_chat_member.status, one.new_chat_member.status) for one in changes if one] == [
        ("member", "kicked"),
        ("kicked", "member"),
    ]
    await bot.send_message(chat.id, "welcome back")


async def test_a_group_migrates(net: FakeTelegram, bot: Bot) -> None:
    group = net.group("Readers", net.user())

    new = group.migrate()

    with pytest.raises(ChatMigrated) as error:
        await bot.send_message(group.id, "x")
    assert error.value.new_chat_id == new.id
    messages = [update.message for update in await bot.get_updates()]
    assert [(one.chat.id, one.migrate_to_chat_id, one.migrate_from_chat_id) for one in messages if one] == [
        (group.id, new.id, None),
        (new.id, None, group.id),
    ]
    assert (await bot.send_message(new.id, "x")).chat.type == "supergroup"


def test_topics(api: FakeTelegram, ada: Person) -> None:
    forum = api.forum("Readers", ada)
    topic = forum.topic("alerts")
    assert topic > 1
    sent = ask(api, "sendMessage", chat_id=forum.id, text="x", message_thread_id=topic)
    assert (sent["message_thread_id"], sent["is_topic_message"], forum.last.thread) == (topic, True, topic)
    assert "message_thread_id" not in ask(api, "sendMessage", chat_id=forum.id, text="x")

    def word(thread: int) -> str:
        return refused(api, "sendMessage", chat_id=forum.id, text="x", message_thread_id=thread)

    assert word(1) == word(99) == "Bad Request: message thread not found"
    forum.close_topic(topic)
    assert word(topic) == "Bad Request: TOPIC_CLOSED"
    forum.delete_topic(topic)
    assert word(topic) == "Bad Request: message thread not found"


def test_a_message_in_a_topic_replies_to_its_first(api: FakeTelegram, ada: Person) -> None:
    forum = api.forum("Readers", ada)
    topic = forum.topic("alerts")
    told(api)

    forum.say(ada, "/list", thread=topic)

    (update,) = told(api)
    assert update["message"]["is_topic_message"] is True
    assert update["message"]["reply_to_message"]["forum_topic_created"]["name"] == "alerts"


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("hello", False),
        ("hello /start", False),
        ("/start", True),
        ("/start@paperwatch_test_bot now", True),
        ("/start@other_bot", False),
        ("@paperwatch_test_bot hello", False),
    ],
)
def test_privacy_mode(api: FakeTelegram, ada: Person, text: str, heard: bool) -> None:
    group = api.group("Readers", ada)
    group.say(ada, text)
    assert len(told(api)) == heard

    group.set_bot("administrator")
    told(api)
    group.say(ada, text)
    assert len(told(api)) == 1


def test_replies_to_the_bot_pass_privacy_mode(api: FakeTelegram, ada: Person) -> None:
    group = api.supergroup("Readers", ada)
    ask(api, "sendMessage", chat_id=group.id, text="Which query?", reply_markup={"force_reply": True})

    group.say(ada, "trees", reply_to=group.last)

    (update,) = told(api)
    assert update["message"]["reply_to_message"]["text"] == "Which query?"
    assert (update["message"]["message_thread_id"], "is_topic_message" in update["message"]) == (group.last.id, False)


def test_an_anonymous_administrator_comes_as_the_group(api: FakeTelegram, ada: Person) -> None:
    group = api.supergroup("Readers", ada)

    group.say(ada, "/start", anonymous=True)

    (update,) = told(api)
    assert update["message"]["from"] == GROUP_ANONYMOUS_BOT
    assert update["message"]["sender_chat"]["id"] == group.id


async def test_channels(net: FakeTelegram, bot: Bot) -> None:
    ada = net.user()
    channel = net.channel("Papers", "papers", [ada])
    sent = await bot.send_message("@papers", "digest")
    assert sent.sender_chat
    assert sent.sender_chat.id == channel.id
    assert sent.from_user is None
    channel.say(ada, "/list")

    (update,) = await bot.get_updates()

    assert update.channel_post
    assert update.channel_post.text == "/list"


async def test_members(net: FakeTelegram, bot: Bot) -> None:
    ada, bob, eve = net.user("Ada"), net.user("Bob"), net.user("Eve")
    group = net.group("Readers", ada)
    group.set_member(bob, "administrator")

    assert (await bot.get_chat(group.id)).title == "Readers"
    assert (await bot.get_chat_member(group.id, eve.id)).status == "left"
    assert [(one.user.first_name, one.status) for one in await bot.get_chat_administrators(group.id)] == [
        ("Ada", "creator"),
        ("Bob", "administrator"),
    ]
    assert "user not found" in refused(net, "getChatMember", chat_id=group.id, user_id=FAR)
    assert "no administrators" in refused(net, "getChatAdministrators", chat_id=net.private(ada).id)
    channel = net.channel("Papers", admins=[ada], bot="member")
    assert "member list is inaccessible" in refused(net, "getChatMember", chat_id=channel.id, user_id=ada.id)

    await bot.leave_chat(group.id)
    with pytest.raises(Forbidden, match="not a member of the group chat"):
        await bot.get_chat(group.id)
    group.add_bot(ada)
    changes = [update.my_chat_member for update in await bot.get_updates() if update.my_chat_member]
    assert [one.new_chat_member.status for one in changes] == ["left", "member"]
