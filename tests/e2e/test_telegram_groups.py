"""People talk to the installed program on Telegram: in groups, topics and channels."""

import json

from fakes.telegram import Message
from farside.phones import Bot, Phone, lines


def test_in_a_group_only_administrators_change_things(bot: Bot) -> None:
    ada, ben = bot.person(), bot.person()
    group = bot.api.supergroup("Lab", ada.person)
    group.set_member(ben.person, "member")
    boss, member = Phone(group, ada.person), Phone(group, ben.person)

    preview = boss.say("/sub jugs", "Nothing matched so far")
    assert "Only administrators" in member.say("/sub cups").text
    assert "Only administrators" in member.say("/settings").text
    assert member.press(preview, "Save") == "This button is too old; the command again makes a new one."
    boss.tap(preview, "Save", "Subscribed.")
    card = boss.tap(boss.say("/list"), "1.", "As soon as")
    assert member.press(card, "Pause") == "Only administrators can do that."
    group.mark()
    bot.read(lines(701, words="jugs"))
    alert = boss.hear("Invented Jugs of Kind 701")

    assert member.press(alert, "Save").startswith("Saved")
    assert "1 saved paper" in ben.say("/saved").text
    assert "Nothing is saved" in ada.say("/saved").text
    assert "1 subscription" in member.say("/list").text
    assert "What I can do" in member.say(f"/help@{bot.api.me['username']}").text


def test_an_anonymous_administrator_may_and_their_answers_are_heard(bot: Bot) -> None:
    ada = bot.person()
    group = bot.api.supergroup("Lab", ada.person)
    boss = Phone(group, ada.person)

    question = boss.say("/sub", "What should I watch for?", anonymous=True)
    preview = boss.say("carafes", "in the last 30 days", anonymous=True, reply_to=question)
    boss.tap(preview, "Save", "Subscribed.")
    boss.tap(boss.say("/list", "1 subscription"), "1.", "As soon as")
    boss.tap(boss.chat.last, "Edit", "Write the query as you want it")
    edited = boss.say("carafes glass", "Instead of: carafes", anonymous=True, reply_to=boss.chat.last)

    assert "carafes glass" in edited.text


def test_readers_of_a_channel_can_neither_change_its_posts_nor_make_new_ones(bot: Bot) -> None:
    ada, ben = bot.person(), bot.person()
    channel = bot.api.channel("Papers", username="read_only_papers", admins=[ada.person])
    ada.tap(ada.say("/sub @read_only_papers tureens"), "Save", "Subscribed.")
    pasted = ben.say(lines(1301, 1302, 1303, 1304, words="spam"), "4 papers in it")
    own = next(data for row in pasted.buttons for _, data in row if data.startswith("keep-one") or "pasted" in data)
    channel.mark()
    bot.read(lines(1305, words="tureens"))
    alert = channel.wait(lambda message: "Invented Tureens" in message.text)
    number = own.split(":")[1]

    for data in (
        f"paste:{number}:0",
        "close",
        "unclip:1",
        own,
        "card:1",
        "less:1",
        *(d for r in alert.buttons for _, d in r),
    ):
        if not data.startswith(("http", "save")):
            assert channel.tap_data(ben.person, alert, data).answer == "Only administrators can do that."

    assert len(channel.messages) == 1
    assert alert.edits == []
    assert channel.tap_data(ben.person, alert, f"save:{alert_paper(alert)}").answer.startswith("Saved")


def test_members_of_a_group_turn_only_pages_that_they_asked_for(bot: Bot) -> None:
    ada, ben = bot.person(), bot.person()
    group = bot.api.supergroup("Lab", ada.person)
    group.set_member(ben.person, "member")
    boss, member = Phone(group, ada.person), Phone(group, ben.person)

    mine = member.say("/search kettles", "12 papers for kettles")
    page = next(data for row in mine.buttons for label, data in row if label == "»")
    theirs = boss.say("/today", "papers of the last 24 hours")

    assert member.chat.tap_data(ben.person, theirs, page).answer == "Only administrators can do that."
    assert member.tap(mine, "»", "6. Invented Kettles of Kind 7").id == mine.id


def test_a_command_ends_a_question_and_a_link_is_no_answer(bot: Bot) -> None:
    ada = bot.person()

    ada.say("/feedback", "What shall I pass on")
    ada.say("/list", "no subscriptions")
    assert "in the last 30 days" in ada.say("kettles").text
    ada.say("/tz", "Which city")
    assert "Invented Kettles of Kind 4" in ada.say("https://arxiv.org/abs/2611.00004").text
    assert "I do not know /list." in ada.say("/list.").text
    ada.chat.send_location(ada.person, 48.1, 11.6)
    ada.hear("Europe/Berlin")


def test_an_update_that_cannot_be_read_is_left_out(bot: Bot) -> None:
    ada = bot.person()

    bot.api.updates.put("message", {"message_id": 1, "date": "yesterday", "chat": "none"})

    assert "What I can do" in ada.say("/help").text


def test_the_data_of_a_channel_is_the_channels(bot: Bot) -> None:
    ada = bot.person()
    bot.api.channel("Papers", username="owned_papers", admins=[ada.person])
    ada.tap(ada.say("/sub @owned_papers samovar"), "Save", "Subscribed.")

    ada.tap(ada.say("/export @owned_papers"), "JSON", "")
    export = ada.chat.wait(lambda message: message.document)
    question = ada.say("/forget @owned_papers")

    assert export.document is not None
    assert json.loads(export.document.data)["recipients"][0]["subscriptions"][0]["text"] == "samovar"
    assert "of this chat" in question.text


def test_alerts_come_into_the_topic_where_they_were_asked_for(bot: Bot) -> None:
    ada = bot.person()
    forum = bot.api.forum("Lab", ada.person)
    pots, pans = forum.topic("pots"), forum.topic("pans")
    in_pots, in_pans = Phone(forum, ada.person, pots), Phone(forum, ada.person, pans)

    in_pots.subscribe("stockpots")
    in_pans.subscribe("skillets")
    forum.mark()
    bot.read(lines(801, words="stockpots") + "\n" + lines(802, words="skillets"))

    assert in_pots.hear("Invented Stockpots").thread == pots
    assert in_pans.hear("Invented Skillets").thread == pans
    assert "stockpots" in in_pots.say("/list", "1 subscription").text
    assert in_pots.chat.last.thread == pots


def test_a_channel_is_managed_from_within_and_from_the_private_chat(bot: Bot) -> None:
    ada, ben = bot.person(), bot.person()
    channel = bot.api.channel("Papers", username="invented_papers", admins=[ada.person])

    preview = ada.say("/sub @invented_papers griddles", "Nothing matched so far")
    ada.tap(preview, "Save", "Subscribed.")
    assert "1 subscription" in ada.say("/list @invented_papers").text
    assert "no subscriptions" in ada.say("/list").text
    assert "Only administrators of" in ben.say("/sub @invented_papers nonsense").text
    assert "I cannot see" in ada.say("/list @nobody_there").text
    channel.mark()
    bot.read(lines(901, words="griddles"))
    channel.wait(lambda message: "Invented Griddles" in message.text)
    channel.say(ada.person, "/list")
    channel.wait(lambda message: "griddles" in message.text and "subscription" in message.text)


def test_a_group_that_becomes_a_supergroup_goes_on(bot: Bot) -> None:
    ada = bot.person()
    group = bot.api.group("Lab", ada.person)
    Phone(group, ada.person).subscribe("ladles")

    new = group.migrate()
    bot.read(lines(1001, words="ladles"))
    new.wait(lambda message: "Invented Ladles" in message.text)

    assert "1 subscription" in Phone(new, ada.person).say("/list").text


def test_a_bot_that_is_put_out_and_let_in_again_goes_on(bot: Bot) -> None:
    ada = bot.person()
    group = bot.api.supergroup("Lab", ada.person)
    Phone(group, ada.person).subscribe("spoons")

    group.kick()
    bot.read(lines(1101, words="spoons"))
    group.add_bot()

    assert "Invented Spoons" in Phone(group, ada.person).hear("1 paper\n").text


def alert_paper(alert: Message) -> str:
    return next(data for row in alert.buttons for _, data in row if data.startswith("save:")).removeprefix("save:")
