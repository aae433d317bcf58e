"""The installed program on Telegram: whom it serves and how often, stops, tokens, webhooks, two processes."""

import json
import signal
import socket
import time
from pathlib import Path

from fakes.telegram import FakeTelegram
from farside.databases import fresh_postgres
from farside.phones import TOKEN, Bot, Phone, lines, started


def test_only_those_on_the_list_are_served_and_too_much_is_answered_once(tmp_path: Path) -> None:
    with FakeTelegram(token=TOKEN) as api:
        ada, ben = api.user(), api.user()
        program = started(
            api, tmp_path, PAPERWATCH_TELEGRAM__ALLOW=f"[{ada.id}]", PAPERWATCH_TELEGRAM__COMMANDS="3",
            PAPERWATCH_TELEGRAM__SUBSCRIPTIONS="1", PAPERWATCH_TELEGRAM__EXPORTS="1",
        )  # fmt: skip
        program.start("run")
        guest, member = Phone(api.private(ben), ben), Phone(api.private(ada), ada)

        assert f"Your number is {ben.id}" in guest.say("/start").text
        guest.chat.say(ben, "/help")
        assert "no subscriptions" in member.say("/list").text
        member.say("/help", "What I can do")
        member.say("/id", str(ada.id))
        assert "too much at once" in member.say("/help").text
        member.chat.say(ada, "/list")
        member.chat.say(ada, "/list")
        program.end()

        assert len(guest.chat.messages) == 1
        assert len(member.chat.messages) == 4


def test_what_was_said_while_it_was_off_is_answered_and_nothing_twice(tmp_path: Path) -> None:
    with FakeTelegram(token=TOKEN) as api:
        ada = api.user()
        phone = Phone(api.private(ada), ada)
        program = started(api, tmp_path)
        phone.chat.say(ada, "/id")

        running = program.start("run")
        phone.hear(str(ada.id))
        begin = time.monotonic()
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=30)
        took = time.monotonic() - begin
        phone.chat.say(ada, "/help")
        program.start("run")
        phone.hear("What I can do")
        program.end()

        assert running.returncode == 0
        assert took < 5
        assert len(phone.chat.messages) == 2


def test_a_wrong_token_is_said_without_it_and_the_rest_goes_on(tmp_path: Path) -> None:
    with FakeTelegram(token="987654321:AAF-another-invented-token-of-a-bot") as api:
        program = started(api, tmp_path)
        running = program.start("run")

        assert running.stderr
        said = []
        while "refuses the bot's token" not in "".join(said):
            said.append(running.stderr.readline())
        running.send_signal(signal.SIGTERM)
        said.append(running.communicate(timeout=30)[1])

        assert TOKEN not in "".join(said)
        assert "AAF" not in "".join(said)


def test_updates_can_be_posted_to_it_instead(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    webhook = {"url": f"http://127.0.0.1:{port}/telegram", "secret": "s" * 20, "listen": f"127.0.0.1:{port}"}
    with FakeTelegram(token=TOKEN) as api:
        ada = api.user()
        phone = Phone(api.private(ada), ada)
        program = started(api, tmp_path, PAPERWATCH_TELEGRAM__WEBHOOK=json.dumps(webhook))
        program.start("run")

        assert "What I can do" in phone.say("/help").text
        program.end()

        assert api.calls_of("getUpdates") == []
        assert api.calls_of("setWebhook")[0].parameters["secret_token"] == "s" * 20


def test_a_stop_while_a_message_is_sent_lets_it_through(tmp_path: Path) -> None:
    with FakeTelegram(token=TOKEN) as api:
        ada = api.user()
        phone = Phone(api.private(ada), ada)
        program = started(api, tmp_path)
        running = program.start("run")
        phone.subscribe("kettles")
        fault = api.fault("sendMessage", late=2)

        Bot(api, program).read(lines(1))
        api.wait_until(lambda: fault.hits, 20, lambda: "no message was sent")
        begin = time.monotonic()
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=30)
        took = time.monotonic() - begin
        kept = program("export", f"telegram:{ada.id}")

        (message,) = json.loads(kept.out)["recipients"][0]["messages"]
        assert running.returncode == 0
        assert took < 5
        assert (message["state"], message["attempts"], message["ambiguous"]) == ("sent", 1, 0)
        assert sum("Invented Kettles" in one.text for one in phone.chat.messages) == 1


def test_two_processes_share_one_bot(tmp_path: Path, postgres_template: str) -> None:
    with FakeTelegram(token=TOKEN) as api, fresh_postgres(postgres_template) as address:
        ada = api.user()
        phone = Phone(api.private(ada), ada)
        program = started(api, tmp_path, PAPERWATCH_DATABASE__URL=address)
        first, _second = program.start("run"), program.start("run")
        phone.say("/help", "What I can do")
        # What was answered, but not confirmed by the next poll, would be answered again.
        api.wait_until(lambda: not api.updates.waiting, 10, lambda: "the update was not confirmed")
        first.kill()
        phone.chat.say(ada, "/id")
        phone.chat.wait(lambda message: str(ada.id) in message.text, timeout=40)
        program.end()

        answers = [message.text for message in phone.chat.messages]
        assert len(answers) == len(set(answers)) == 2
        assert not [call for call in api.calls_of("getUpdates") if call.status == 409]
