"""Files, taps and inline queries at the fake Telegram server."""

import asyncio
import json
import threading
from typing import Any

import pytest
from fakes.telegram import Chat, FakeTelegram, Person, Upload
from farside.bot_calls import Clock, ask, refused
from telegram import Bot, InlineQueryResultArticle, InputTextMessageContent
from telegram.error import BadRequest

# Files.


async def test_files_go_both_ways(net: FakeTelegram, bot: Bot) -> None:
    ada = net.user()
    chat = net.private(ada)
    sent = await bot.send_document(
        chat.id, b"bytes \0\xff", filename="list.csv", caption="<i>mine</i>", parse_mode="HTML"
    )
    assert sent.document
    assert sent.document.file_name == "list.csv"
    assert (chat.last.document, chat.last.text) == (Upload("list.csv", b"bytes \0\xff", "text/csv"), "mine")
    await bot.send_document(chat.id, sent.document.file_id)
    assert chat.last.document
    assert chat.last.document.data == b"bytes \0\xff"
    photo = await bot.send_photo(chat.id, b"not really a picture")
    assert photo.photo

    chat.send_file(ada, "export.html", b"<p>hers</p>", caption="here")
    (update,) = await bot.get_updates()

    assert update.message
    assert update.message.document
    assert update.message.caption == "here"
    file = await bot.get_file(update.message.document)
    assert bytes(await file.download_as_bytearray()) == b"<p>hers</p>"


@pytest.mark.parametrize(
    ("method", "parameters", "words"),
    [
        ("sendDocument", {}, "there is no document in the request"),
        ("sendDocument", {"document": Upload("x", b"")}, "file must be non-empty"),
        ("sendDocument", {"document": b"x", "caption": "x" * 1025}, "message caption is too long"),
        ("sendPhoto", {"photo": "unknown"}, "wrong file identifier/HTTP URL specified"),
        ("getFile", {"file_id": "unknown"}, "wrong file identifier/HTTP URL specified"),
    ],
)
def test_files_that_are_refused(
    api: FakeTelegram, chat: Chat, method: str, parameters: dict[str, Any], words: str
) -> None:
    assert refused(api, method, chat_id=chat.id, **parameters) == f"Bad Request: {words}"


# Taps and inline queries.


async def test_a_tap_is_answered(net: FakeTelegram, bot: Bot, clock: Clock) -> None:
    ada = net.user()
    chat = net.private(ada)
    markup = [[{"text": "Undo it", "callback_data": "u:1"}, {"text": "Site", "url": "https://x.org"}]]
    ask(net, "sendMessage", chat_id=chat.id, text="Saved", reply_markup={"inline_keyboard": markup})

    tap = chat.tap(ada, chat.last, "Undo")
    assert net.violations() == [f"the tap on 'u:1' in chat {chat.id} was not answered"]
    (update,) = await bot.get_updates()
    assert update.callback_query
    assert update.callback_query.data == "u:1"
    await update.callback_query.answer("Undone")

    assert (tap.answer, tap.alert) == ("Undone", False)
    assert net.violations() == []
    for label in ("Site", "Nothing"):
        with pytest.raises(AssertionError, match=r"is a link|0 buttons"):
            chat.tap(ada, chat.last, label)
    clock.now += 16 * 60
    with pytest.raises(BadRequest, match=r"(?i)query is too old and response timeout expired or query id is invalid"):
        await update.callback_query.answer()
    assert "query is too old" in refused(net, "answerCallbackQuery", callback_query_id="1")


async def test_an_inline_query_is_answered(net: FakeTelegram, bot: Bot) -> None:
    ada = net.user()
    asked = asyncio.create_task(asyncio.to_thread(ada.inline, "trees", "50"))
    (update,) = await bot.get_updates(timeout=5)
    assert update.inline_query
    assert (update.inline_query.query, update.inline_query.offset) == ("trees", "50")
    content = InputTextMessageContent("<b>Trees</b>", parse_mode="HTML")
    await update.inline_query.answer([InlineQueryResultArticle("1", "Trees", content)], cache_time=0, next_offset="100")

    answer = await asked

    assert (answer[0]["title"], answer.next_offset, answer.cache_time) == ("Trees", "100", 0)
    posted = net.private(ada).choose(ada, answer)
    assert (posted.text, posted.entities) == ("Trees", [{"type": "bold", "offset": 0, "length": 5}])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"results": [{}]}, "can't parse inline query result"),
        ({"results": 51}, "RESULTS_TOO_MUCH"),
        ({"results": [{"id": "x" * 65}]}, "RESULT_ID_INVALID"),
        ({"results": [{"id": ""}]}, "RESULT_ID_INVALID"),
        ({"results": [{"id": "a"}, {"id": "a"}]}, "RESULT_ID_DUPLICATE"),
        ({"next_offset": "ä" * 33}, "NEXT_OFFSET_INVALID"),
        ({"results": [{"id": "a", "input_message_content": {"message_text": ""}}]}, "message text is empty"),
        ({"results": [{"id": "a", "input_message_content": {"message_text": "<p>", "parse_mode": "HTML"}}]},
         "can't parse entities"),
        ({"inline_query_id": "1"}, "query is too old"),
    ],
)  # fmt: skip
def test_inline_answers_that_are_refused(api: FakeTelegram, ada: Person, change: dict[str, Any], words: str) -> None:
    thread = threading.Thread(target=ada.inline, args=("q",))
    thread.start()
    (update,) = ask(api, "getUpdates", timeout=5)
    article = {"type": "article", "title": "t", "input_message_content": {"message_text": "x"}}
    results = change.get("results", [{"id": "a"}])
    results = [{"id": str(one)} for one in range(results)] if isinstance(results, int) else results
    results = [article | one if one else one for one in results]

    call = {"inline_query_id": update["inline_query"]["id"], **change, "results": json.dumps(results)}
    assert refused(api, "answerInlineQuery", **call).startswith(f"Bad Request: {words}")
    ask(api, "answerInlineQuery", inline_query_id=update["inline_query"]["id"], results="[]")
    thread.join()
