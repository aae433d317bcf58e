"""People talk to the installed program on Telegram, alone with it."""

import json
from pathlib import Path

import pytest
from farside.phones import BOSS, Bot, Phone, lines
from farside.site import Site

from bot.chat.commands import COMMANDS

ROOT = Path(__file__).parents[2]


def test_three_taps_make_a_first_subscription(bot: Bot) -> None:
    ada = bot.person()

    topics = ada.say("/start", "tells you of those that you ask for")
    preview = ada.tap(topics, "Robotics", "Nothing matched so far")
    saved = ada.tap(preview, "Save", "Subscribed.")

    assert "cat:cs.RO OR robot*" in saved.text
    assert "1 subscription" in ada.say("/list").text


def test_a_link_carries_a_query(bot: Bot) -> None:
    ada, ben = bot.person(), bot.person()
    ada.subscribe("kettles heat")
    card = ada.tap(ada.say("/list"), "1.", "As soon as")
    link = next(data for row in card.buttons for label, data in row if "Share" in label)

    start = link.partition("?start=")[2]

    assert len(start) <= 64
    preview = ben.say(f"/start {start}", "in the last 30 days")
    assert preview.text.startswith("kettles heat\n")


def test_a_preview_says_how_many_and_shows_the_latest_with_what_matched(bot: Bot) -> None:
    preview = bot.person().say("/subscribe kettles heat", "12 papers in the last 30 days")

    assert preview.text.count("Invented Kettles of Kind") == 3
    assert "<u>Kettles</u>" in preview.html
    assert "<b>kettles</b>" in preview.html
    assert [label for label in preview.labels if "Save" in label or "Edit" in label or label == "Cancel"] == [
        "✅ Save", "✏️ Edit", "Cancel",
    ]  # fmt: skip


def test_what_is_missing_is_asked_for_and_a_mistake_is_shown_at_its_place(bot: Bot) -> None:
    ada = bot.person()

    question = ada.say("/sub", "What should I watch for?")
    mistake = ada.say("kettles AND (", "never closed")
    preview = ada.say("kettles", "12 papers")
    again = ada.tap(preview, "Edit", "Write the query as you want it")
    other = ada.say("kettles -kind", "0 papers")
    cancelled = ada.tap(other, "Cancel", "Nothing was changed")

    assert [one.markup and one.markup.get("force_reply") for one in (question, mistake, again)] == [True] * 3
    assert "^" in mistake.text
    assert cancelled.id == other.id
    assert "no subscriptions" in ada.say("/ls").text


def test_a_query_that_finds_nothing_gets_a_wider_one_proposed(bot: Bot) -> None:
    ada = bot.person()

    preview = ada.say('/sub "kettles heat" measure', "Nothing matched so far")
    better = ada.tap(preview, "Take the other query", "12 papers")

    assert better.id == preview.id


def test_the_list_changes_each_subscription_in_place(bot: Bot) -> None:
    ada = bot.person()
    ada.subscribe("kettles")

    card = ada.tap(ada.say("/list"), "1.", "As soon as")
    ada.tap(card, "Rhythm", "When shall I tell you")
    ada.tap(card, "Weekly", "Once a week: Monday at 08:00")
    ada.tap(card, "Mute", "For how long")
    ada.tap(card, "7 days", "muted until")
    ada.tap(card, "Go on", "Once a week")
    ada.tap(card, "Pause", "paused")
    ada.tap(card, "Go on", "Once a week")
    preview = ada.tap(card, "Preview", "12 papers")
    question = ada.tap(card, "Edit", "Write the query as you want it")
    changed = ada.tap(ada.say("kettles water", "12 papers"), "Save", "Changed.")
    ada.tap(card, "All subscriptions", "kettles water")
    ada.tap(card, "1.", "Once a week")
    ada.tap(card, "Delete", "Delete this subscription?")
    ada.tap(card, "Keep", "Once a week")
    ada.tap(card, "Delete", "Delete this subscription?")
    ada.tap(card, "Delete", "You have no subscriptions")

    assert len({card.id, preview.id, question.id, changed.id}) == 4


def test_unsubscribing_works_by_number_name_button_and_all(bot: Bot) -> None:
    ada = bot.person()
    for query in ("kettles", "water", "heat", "kind", "measure"):
        ada.subscribe(query)

    assert ada.say("/unsub 2").text == "Deleted: water"
    assert ada.say("/unsubscribe heat").text == "Deleted: heat"
    assert "There is no subscription nonsense" in ada.say("/remove nonsense").text
    question = ada.tap(ada.say("/unsub", "Which one"), "1. kettles", "Delete this subscription?")
    ada.tap(question, "Delete", "2 subscriptions")
    ada.tap(ada.say("/unsub all", "Delete all 2"), "Delete all", "2 subscriptions were deleted")
    assert "no subscriptions" in ada.say("/unsub").text


def test_an_alert_is_a_card_with_buttons_that_do_something(bot: Bot) -> None:
    ada = bot.person()
    ada.subscribe("teapots")

    ada.chat.mark()
    bot.read(lines(101, words="teapots"))
    alert = ada.hear("Invented Teapots of Kind 101")

    assert alert.text.startswith("Invented Teapots of Kind 101")
    assert alert.labels == ["PDF", "Hugging Face", "Save", "Less like this", "Mute “teapots”"]
    assert ada.press(alert, "Save") == "Saved. /saved lists what you saved."
    assert "1 saved paper" in ada.say("/saved").text
    assert ada.press(alert, "Save") == "Not saved any more."
    assert "Nothing is saved" in ada.say("/bookmarks").text
    why = ada.say("/why", "Told on", reply_to=alert)
    assert "teapots" in why.text
    assert "not one of my alerts" in ada.say("/why", reply_to=why).text
    assert "Told on" in ada.say("/why 2611.00101").text
    ada.tap(alert, "Mute", "For how long")
    ada.tap(ada.chat.last, "1 day", "muted until")


def test_less_like_this_proposes_a_change_says_what_else_goes_and_makes_it(bot: Bot) -> None:
    ada = bot.person()
    ada.subscribe("samovars")
    bot.read(lines(*range(201, 204), words="samovars"), alert=False)
    ada.chat.mark()
    bot.read(lines(204, words="samovars"))
    alert = ada.hear("Invented Samovars of Kind 204")

    proposal = ada.tap(alert, "Less like this", "Leave out")
    assert "It would also have left out 3 papers of the last 30 days" in proposal.text
    first = proposal.text
    other = ada.tap(proposal, "Something else", "Leave out")
    assert other.text != first
    changed = ada.tap(proposal, "Apply", "Changed.")

    assert "samovars AND NOT" in changed.text
    assert "samovars AND NOT" in ada.say("/list").text


def test_many_alerts_at_once_are_a_digest_whose_numbers_open_cards(bot: Bot) -> None:
    ada = bot.person()
    ada.subscribe("urns")

    ada.chat.mark()
    bot.read(lines(*range(301, 308), words="urns"))
    digest = ada.hear("7 papers")
    card = ada.tap(digest, "3", "Invented Urns of Kind 305")

    assert digest.text.startswith("7 papers\n\nurns\n\n1. Invented Urns of Kind 307")
    assert digest.labels == list("1234567")
    assert "Save" in card.labels


def test_today_and_search_turn_pages_in_place(bot: Bot) -> None:
    ada = bot.person()

    found = ada.say("/search kettles", "12 papers for kettles")
    second = ada.tap(found, "»", "6. Invented Kettles of Kind 7")
    card = ada.tap(second, "6", "Invented Kettles of Kind 7")
    watched = ada.tap(second, "Watch for it", "12 papers in the last 30 days")
    nothing = ada.say('/find "no such kettle"', "Nothing in the library matches")

    assert second.id == found.id
    assert card.id != found.id
    assert watched.labels[-1] == "Cancel"
    assert nothing.labels == ["Watch for it"]
    assert "papers of the last 24 hours" in ada.say("/today").text
    ada.subscribe("upvotes>=12 kettles")
    assert ada.say("/today").text.startswith("1 paper of the last 24 hours")
    assert "What shall I look for?" in ada.say("/search").text
    assert "12 papers for kettles" in ada.say("kettles").text


def test_settings_are_changed_by_buttons_and_by_writing(bot: Bot) -> None:
    ada = bot.person()

    home = ada.say("/settings", "Language: English")
    ada.tap(home, "Hour", "At what hour")
    ada.tap(home, "07:00", "Digests: at 07:00")
    ada.tap(home, "Hour", "At what hour")
    ada.tap(home, "Other", "Write the hour")
    assert "not a time of day" in ada.say("half past nine").text
    home = ada.say("9.30 Uhr", "Digests: at 09:30")
    ada.tap(home, "Weekday", "On which day")
    ada.tap(home, "Friday", "weekly ones on Friday")
    ada.tap(home, "Quiet hours", "When shall I be quiet?")
    ada.tap(home, "22:00–07:00", "Quiet hours: 22:00–07:00")
    ada.tap(home, "Length", "How many papers")
    ada.tap(home, "20", "at most 20")
    ada.tap(home, "Sound off", "Sound: off")
    assert "Europe/Berlin" in ada.say("/tz München", "Time zone:").text
    assert "I do not know Nowhereville" in ada.say("/timezone Nowhereville").text
    assert "Asia/Tokyo" in ada.say("東京", "Time zone:").text
    home = ada.say("/settings")
    asked = ada.tap(home, "Time zone", "Which city are you in")
    ada.chat.press(ada.person, "Send my location", lat=40.7, lon=-74.0)
    assert "America/New_York" in ada.hear("Time zone: ").text
    assert asked.markup is not None


def test_it_speaks_the_language_of_the_person_or_the_one_that_was_chosen(bot: Bot) -> None:
    ada = bot.person(language="de-AT")

    assert "Sprache: Deutsch" in ada.say("/settings").text
    home = ada.say("/lang en", "Language: English")
    assert "What I can do" in ada.say("/help").text
    ada.tap(home, "Language", "Which language?")
    ada.tap(home, "Русский", "Русский")
    for scope in ("all_private_chats", "all_chat_administrators"):
        menus = [bot.api.commands(scope, code) for code in ("", "de", "ru", "zh")]
        assert len({tuple(menu) for menu in menus}) == 1
        assert len({menu["sub"] for menu in menus}) == 4


def test_a_pause_holds_everything_until_the_return(bot: Bot) -> None:
    ada = bot.person()
    ada.subscribe("cauldrons")

    button = ada.say("/pause", "waits for /resume")
    bot.read(lines(*range(401, 403), words="cauldrons"))
    assert "paused" in ada.say("/status").text
    ada.tap(button, "Go on", "2 papers waited")
    digest = ada.hear("2 papers\n")

    assert "Invented Cauldrons of Kind 402" in digest.text
    assert "I tell you again" in ada.say("/resume").text


def test_help_privacy_feedback_and_numbers(bot: Bot) -> None:
    ada, boss = bot.person(), bot.person(id=BOSS)

    assert "/sub" in ada.say("/help").text
    assert "/forget erases" in ada.say("/privacy").text
    ada.say("/feedback", "What shall I pass on")
    assert "Thank you" in ada.say("It is <b>good</b>").text
    boss.chat.wait(lambda message: "It is <b>good" in message.text)
    assert str(ada.person.id) in ada.say("/id").text
    assert "I do not know /nonsense" in ada.say("/nonsense").text
    assert "Nothing was read yet" in ada.say("/status").text


def test_the_administrator_sees_how_the_installation_is(bot: Bot) -> None:
    boss, ada = bot.person(id=BOSS), bot.person()

    home = boss.say("/admin", "This installation")
    dead = boss.tap(home, "Dead letters", "There are none")
    boss.tap(dead, "Back", "recipients")

    ada.chat.say(ada.person, "/admin")
    assert "What I can do" in ada.say("/help").text
    assert len(ada.chat.messages) == 1
    assert ada.chat.tap_data(ada.person, ada.chat.last, "admin:home").answer == ""
    assert len(ada.chat.messages) == 1


def test_data_can_be_taken_brought_and_erased(bot: Bot) -> None:
    ada, ben = bot.person(), bot.person()
    ada.subscribe("kettles heat", "Daily")
    ada.press(ada.say("/search kettles"), "1")
    ada.press(ada.chat.wait(lambda message: "Save" in message.labels), "Save")

    choice = ada.say("/export", "All that I keep")
    ada.tap(choice, "JSON", "")
    export = ada.chat.wait(lambda message: message.document)
    ada.chat.tap(ada.person, choice, "BibTeX")
    bibtex = ada.chat.wait(lambda message: message.document and message.document.name == "papers.bib")
    ris = ada.say("/export ris")
    csl = ada.say("/export csl-json")

    assert export.document is not None
    assert bibtex.document is not None
    kept = json.loads(export.document.data)
    assert kept["recipients"][0]["subscriptions"][0]["text"] == "kettles heat"
    assert b"Invented Kettles of Kind 12" in bibtex.document.data
    assert ris.document is not None
    assert ris.document.data.startswith(b"TY  - ")
    assert csl.document is not None
    assert json.loads(csl.document.data)[0]["title"] == "Invented Kettles of Kind 12"

    ben.say("/import", "Send the file")
    ben.chat.send_file(ben.person, "paperwatch.json", export.document.data)
    ben.tap(ben.hear("1 subscription can be imported"), "Import", "1 subscription was imported")
    assert "Every day" in ben.say("/list").text
    offer = ben.say("/import kettles heat\nmoka pots\nAND", "2 subscriptions can be imported")
    assert "1 cannot be read" in offer.text
    ben.tap(offer, "Import", "1 subscription was imported.\n1 was there already.")

    question = ada.say("/forget", "It cannot be undone")
    ada.tap(question, "Keep", "Nothing was changed")
    ada.tap(ada.say("/forget"), "Erase", "Nothing is kept any more")
    assert "no subscriptions" in ada.say("/list").text
    assert "Nothing is saved" in ada.say("/saved").text
    with_ben = bot.program("subscriptions", "--json").json_lines()
    assert f"telegram:{ada.person.id}" not in {row["address"] for row in with_ben}
    assert f"telegram:{ben.person.id}" in {row["address"] for row in with_ben}


def test_what_is_pasted_is_read_for_that_person_alone(bot: Bot) -> None:
    ada, ben = bot.person(), bot.person()
    ada.subscribe("percolators")

    listing = ada.say(
        lines(501, words="percolators") + "\n" + lines(502, 503, 504, words="thermoses"), "4 papers in it"
    )
    assert "1 that you ask for" in listing.text
    assert "1. ⭐ Invented Percolators of Kind 501" in listing.text
    card = ada.tap(listing, "1", "Invented Percolators")
    assert ada.press(card, "Save") == "Saved. /saved lists what you saved."
    assert ada.press(listing, "Save the 1 that I ask for") == "0 papers saved."
    saved = ada.say("/saved", "1 saved paper")
    ada.tap(ada.tap(saved, "1", "Invented Percolators"), "Delete", "Deleted.")

    ada.chat.send_file(ada.person, "list.jsonl", lines(505, words="percolators").encode())
    assert "Save" in ada.hear("Invented Percolators of Kind 505").labels
    ada.chat.send_file(ada.person, "picture.png", b"\x89PNG\r\n")
    assert "a picture" in ada.hear("could not be read").text
    assert "Nothing in the library" in ben.say("/search percolators").text


def test_links_are_read(bot: Bot, site: Site) -> None:
    ada = bot.person()
    ada.subscribe("invented")
    page = (ROOT / "tests" / "fixtures" / "huggingface" / "page_day_2024-08-02.html").read_bytes()
    site.route("/papers", (200, {"Content-Type": "text/html"}, page))
    site.route("/cake", (200, {"Content-Type": "text/html"}, b"<html><body>A recipe</body></html>"))

    known = ada.say("https://arxiv.org/abs/2611.00003", "Invented Kettles of Kind 3")
    ada.say(f"look at this: {site.url('/papers')}", "I am reading 127")
    listing = ada.hear("papers in it")
    ada.say(site.url("/cake"), "I am reading 127")
    ada.hear("could not be read")
    ada.say("http://10.11.12.13/listing", "I am reading 10")
    ada.hear("cannot be read here")

    assert "PDF" in known.labels
    assert "that you ask for" in listing.text


def test_inline_the_library_is_searched_from_any_chat(bot: Bot) -> None:
    ada = bot.person()

    found = ada.person.inline("kettles")
    nothing = ada.person.inline("kettles AND (")

    assert [one["title"] for one in found][:2] == ["Invented Kettles of Kind 12", "Invented Kettles of Kind 11"]
    assert found[0]["parsed"]["text"].startswith("Invented Kettles of Kind 12")
    assert list(nothing) == []


def test_a_blocked_bot_keeps_what_it_owes_until_it_may_again(bot: Bot) -> None:
    ada = bot.person()
    ada.subscribe("flasks")

    ada.chat.block(ada.person)
    bot.read(lines(601, words="flasks"))
    ada.chat.unblock(ada.person)

    assert "Invented Flasks of Kind 601" in ada.hear("1 paper\n").text


@pytest.mark.parametrize("kind", ["private", "group", "topic", "channel"])
def test_every_command_answers_where_it_was_said(bot: Bot, kind: str) -> None:
    ada = bot.person()
    chat, thread = ada.chat, None
    if kind == "group":
        chat = bot.api.group("Lab", ada.person)
    if kind == "topic":
        chat = bot.api.forum("Lab", ada.person)
        thread = chat.topic("alerts")
    if kind == "channel":
        chat = bot.api.channel("Papers", username="every_command", admins=[ada.person])
    phone = Phone(chat, ada.person, thread)

    for command in COMMANDS:
        if command.name == "admin":
            continue
        for name in (command.name, *command.others):
            answer = phone.say(f"/{name}")
            assert answer.text, name
            assert answer.thread == thread, name
            assert answer.chat is chat, name


def test_a_digest_shows_as_many_as_are_wanted_and_the_others_by_a_button(bot: Bot) -> None:
    ada = bot.person()
    ada.subscribe("woks")
    home = ada.say("/settings")
    ada.tap(home, "Length", "How many papers")
    ada.tap(home, "10", "at most 10")
    pause = ada.say("/pause")
    bot.read(lines(*range(1201, 1214), words="woks"))
    ada.tap(pause, "Go on", "13 papers waited")
    last = ada.hear("and 3 more")
    rest = ada.tap(last, "Show 3 more", "3 more papers of this digest")

    assert [message.labels for message in ada.chat.messages[-3:-1]] == [list("12345678"), ["9", "10", "Show 3 more"]]
    assert "Invented Woks of Kind 1201" in rest.text
