"""The bot's answers, on both databases; what Telegram itself does with them, the end-to-end tests show."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from farside.talking import Talking
from farside.world import NOON, World, paper
from sqlalchemy import Engine

from bot import own_data, recipients
from bot import subscriptions as subs
from bot.chat.commands import COMMANDS, TAPS
from bot.chat.heard import File, Moved, Place, Said, Standing, Tapped, Who
from bot.sections import Telegram
from bot.store import chats
from bot.store.engine import reading, writing
from scrapers.json_lines import to_dict

BEN = Who(1002, "Ben", "de")
GROUP, TOPIC = Place(-100500, "supergroup"), Place(-100500, "supergroup", 7)


@pytest.fixture
def world(engine: Engine) -> World:
    world = World(engine)
    world.take_in(*(paper(number, upvotes=number) for number in range(1, 9)), alert=False)
    return world


@pytest.fixture
def ada(world: World) -> Talking:
    return Talking(world.engine)


async def subscribed(talking: Talking, query: str = "invented") -> subs.Listed:
    """A subscription, by its preview."""
    await talking.tap((await talking.say(f"/sub {query}")).data("Save"))
    return subs.list_all(talking.engine, ("telegram", talking.place.address))[-1]


async def test_every_command_answers_with_and_without_words(ada: Talking) -> None:
    for command in (one.name for one in COMMANDS if one.name != "admin"):
        for text in ("", " invented results", " 1", " all", " <b>&</b> @x /y #z"):
            assert (await ada.say(f"/{command}{text}")).text


@pytest.mark.parametrize("verb", TAPS)
async def test_buttons_that_lead_nowhere_do_no_harm(ada: Talking, verb: str) -> None:
    await subscribed(ada)

    for values in ("", ":", ":x", ":0", ":999999999", f":{'9' * 30}", ":-1", ":²", ":1", ":1:x", ":1:1", ":1:x:y:z"):
        await ada.tap(verb + values)

    assert len(subs.list_all(ada.engine)) == 1 or verb in ("gone", "drop-all", "forget")


async def test_of_two_people_none_can_touch_what_is_the_others(ada: Talking) -> None:
    mine = await subscribed(ada)
    preview = await ada.say("/sub results")
    ben = replace(ada, place=Place(1002), who=BEN, toasts=[])
    id, recipient = mine.subscription.id, mine.recipient.id

    for data in (f"gone:{id}", f"stop:{id}", f"rate:{id}:weekly", f"sub:{id}", f"set-to:{recipient}:lang:ru",
                 f"drop-all:{recipient}", f"forget:{recipient}", preview.data("Save")):  # fmt: skip
        assert await ben.tap(data) == []

    (left,) = subs.list_all(ada.engine)
    assert left.subscription == mine.subscription
    assert left.recipient.language == "en"
    assert len(ben.toasts) == 8


async def test_in_a_group_members_see_and_administrators_change(ada: Talking) -> None:
    boss = replace(ada, place=TOPIC, admins={(GROUP.chat, 1001)})
    member = replace(boss, who=BEN, toasts=[])
    mine = await subscribed(boss)

    assert mine.recipient.address == "-100500/7"
    assert (await member.say("/sub results")).text.startswith("Only administrators can change things here.")
    assert "invented" in (await member.say("/list")).text
    assert await member.tap(f"gone:{mine.subscription.id}") == []
    assert (await boss.tap(f"gone:{mine.subscription.id}"))[0].text.startswith("You have no subscriptions")


async def test_what_is_asked_is_answered_by_whom_it_was_asked_where_it_was_asked(ada: Talking) -> None:
    boss = replace(ada, place=GROUP, admins={(GROUP.chat, 1001), (GROUP.chat, 1002)})

    await boss.say("/sub")

    assert await replace(boss, who=BEN).hear(Said(GROUP, BEN, 5, "from ben", reply_to=4)) == []
    assert await boss.hear(Said(GROUP, boss.who, 6, "no answer to it")) == []
    assert "in the last 30 days" in (await boss.say("invented", reply_to=4)).text


async def test_an_answer_after_an_hour_is_a_new_message(ada: Talking) -> None:
    await ada.say("/timezone")
    ada.now += timedelta(minutes=61)

    assert "in the last 30 days" in (await ada.say("Berlin")).text


async def test_the_same_subscription_twice_and_too_many_are_refused(world: World) -> None:
    ada = Talking(world.engine, telegram=Telegram(subscriptions=1))
    await subscribed(ada)

    await ada.tap((await ada.say("/sub invented")).data("Save"))
    await ada.tap((await ada.say("/sub results")).data("Save"))

    assert ada.toasts == [
        "You have this subscription already.",
        "There are 1 subscriptions already, and no more can be had. Remove one first.",
    ]


async def test_a_preview_can_be_saved_twice_without_harm(ada: Talking) -> None:
    save = (await ada.say("/sub invented")).data("Save")

    await asyncio.gather(ada.tap(save), ada.tap(save))

    assert len(subs.list_all(ada.engine)) == 1


async def test_what_is_pasted_is_kept_for_one_person_and_enters_no_library(ada: Talking, world: World) -> None:
    await subscribed(ada, "teapots")
    new = [paper(n, title=f"Entirely Invented Teapots of the Kind {n}", abstract=None) for n in (71, 72)]
    text = "\n".join(json.dumps(to_dict(one)) for one in [*new, paper(1)])

    listing = await ada.say(text)
    await ada.tap(listing.data("Save the 2"))
    ada.files["f"] = text.encode()
    (_, again) = await ada.hear(Said(ada.place, ada.who, 9, file=File("f", "x.jsonl", 10)))

    assert "3 papers in it · 2 that you ask for" in listing.text
    assert ada.toasts[-1] == "2 papers saved."
    assert "3 papers in it" in again.text
    assert "2 saved papers" in (await ada.say("/saved")).text
    ben = replace(ada, place=Place(1002), who=BEN)
    assert "Teapots" not in (await ben.say("/saved")).text
    assert "8 " in (await ben.say("/search invented")).text
    assert world.take_in(*new, alert=True).new == 2


async def test_a_paper_in_a_link_is_read_from_hugging_face_where_the_library_has_it_not(ada: Talking) -> None:
    one = {
        "id": "2611.00077", "title": "Invented Lamps", "summary": "We light them.", "authors": [{"name": "Ada Tester"}],
        "publishedAt": "2026-11-19T00:00:00.000Z", "upvotes": 3,
    }  # fmt: skip
    ada.pages["https://huggingface.co/api/papers/2611.00077"] = json.dumps(one).encode()

    card = await ada.say("look: https://arxiv.org/abs/2611.00077v2")
    unknown = await ada.say("https://arxiv.org/abs/2611.00078")

    assert card.text.startswith("Invented Lamps\nAda Tester")
    await ada.tap(card.data("Save"))
    assert "Invented Lamps" in (await ada.say("/saved")).text
    assert "could not be read" in unknown.text


async def test_a_paper_that_hugging_face_has_not_is_read_from_arxiv(ada: Talking) -> None:
    answer = (Path(__file__).parents[1] / "fixtures" / "arxiv" / "api_by_id.xml").read_bytes()
    one = answer[: answer.index(b"</entry>") + len(b"</entry>")].replace(b"Results>3<", b"Results>1<") + b"</feed>"
    ada.pages["https://export.arxiv.org/api/query?id_list=2611.98004&max_results=1"] = one

    card = await ada.say("https://arxiv.org/abs/2611.98004")

    assert card.text.startswith("Numbers That Hum")


async def test_whoever_is_erased_leaves_nothing(ada: Talking, world: World) -> None:
    mine = await subscribed(ada)
    await ada.tap("save:1")
    await ada.say("/sub something else")
    await ada.tap(f"forget:{mine.recipient.id}")

    assert own_data.export(world.engine, ("telegram", "1001")) == {}
    with reading(world.engine) as session:
        assert session.execute(sa_count()).scalar_one() == 0


def sa_count() -> object:
    import sqlalchemy as sa

    from bot.models import Draft

    return sa.select(sa.func.count()).select_from(Draft)


async def test_drafts_are_forgotten_after_a_week(ada: Talking) -> None:
    preview = await ada.say("/sub invented")
    with writing(ada.engine) as session:
        chats.drop_drafts(session, NOON + timedelta(days=8))

    assert await ada.tap(preview.data("Save")) == []
    assert "too old" in ada.toasts[-1]


async def test_a_chat_that_moves_takes_everything_along(ada: Talking) -> None:
    boss = replace(ada, place=Place(-55, "group"), admins={(-55, 1001), (-100555, 1001)})
    await subscribed(boss)
    for _ in range(2):
        await boss.hear(Moved(-55, -100555))

    new = replace(boss, place=Place(-100555, "supergroup"))
    assert "1 subscription" in (await new.say("/list")).text
    assert len(own_data.export(new.engine, ("telegram", "-100555"))["recipients"]) == 1


async def test_a_blocked_bot_is_back_when_the_person_writes(ada: Talking) -> None:
    await subscribed(ada)
    await ada.hear(Standing(ada.place, Who(1001), "kicked"))
    before = recipients.find(ada.engine, ("telegram", "1001"))
    await ada.say("/list")
    after = recipients.find(ada.engine, ("telegram", "1001"))

    assert before
    assert before.disabled_reason == "the bot was blocked"
    assert after
    assert after.disabled_at is None


async def test_only_one_process_has_the_lease(engine: Engine) -> None:
    minute = timedelta(minutes=1)

    def hold(holder: str, now: timedelta = timedelta()) -> bool:
        with writing(engine) as session:
            return chats.hold(session, "updates", holder, NOON + now, minute)

    if engine.dialect.name == "sqlite":  # one process, by the lock of the file
        assert [hold("a"), hold("b")] == [True, True]
        return
    assert [hold("a"), hold("b"), hold("a", minute / 2), hold("b", minute), hold("b", 2 * minute)] == [
        True, False, True, False, True,
    ]  # fmt: skip
    assert hold("a", 2 * minute) is False
    with writing(engine) as session:
        chats.let_go(session, "updates", "b")
    assert hold("a", 2 * minute) is True


async def test_a_tap_by_an_administrator_in_private_acts_on_the_channel(ada: Talking) -> None:
    boss = replace(ada, admins={(-1007, 1001)})

    preview = await boss.say("/sub @papers invented")
    (saved,) = await boss.tap(preview.data("Save"))
    (settings,) = await boss.tap(saved.data("Time zone").replace("city", "home"))
    await boss.tap(settings.data("Sound off"))

    (listed,) = subs.list_all(boss.engine)
    assert (listed.recipient.address, listed.recipient.silent) == ("-1007", True)
    assert await replace(ada, toasts=[]).hear(Tapped(ada.place, BEN, 1, "q", saved.data("Time zone"))) == []


async def test_a_class_that_nobody_reads_is_said_before_it_is_saved(ada: Talking) -> None:
    assert "Nobody reads cs.CL, cs.LG here" in (await ada.say("/sub cat:cs.CL OR cat:cs.LG")).text
    assert "Nobody reads" not in (await ada.say("/sub kettles")).text
