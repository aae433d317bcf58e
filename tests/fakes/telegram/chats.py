"""A chat: its members, topics and messages, and what people do in it."""

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from fakes.telegram.entities import clean, finish
from fakes.telegram.members import Member, Topic
from fakes.telegram.model import GROUP_ANONYMOUS_BOT, Json, Message, Person, Upload

if TYPE_CHECKING:
    from fakes.telegram.server import FakeTelegram

Kind = Literal["private", "group", "supergroup", "channel"]
State = Literal["ok", "blocked", "deactivated", "never_started", "kicked", "left", "deleted", "migrated"]


@dataclass
class Tap:
    """A callback query. `answer` waits for the bot's answer and gives its text."""

    id: str
    chat: "Chat"
    message: Message
    data: str
    at: float
    answers: list[Json] = field(default_factory=list)

    @property
    def answer(self) -> str:
        self.chat.api.wait_until(lambda: self.answers, 10, lambda: f"nobody answered the tap on {self.data!r}")
        return str(self.answers[0].get("text", ""))

    @property
    def alert(self) -> bool:
        return bool(self.answer and self.answers[0].get("show_alert"))


@dataclass(eq=False)
class Chat:
    """One chat. What a person does is given to the bot at once, as far as Telegram would show it to the bot."""

    api: "FakeTelegram" = field(repr=False)
    id: int
    kind: Kind
    title: str = ""
    username: str = ""
    person: Person | None = None
    is_forum: bool = False
    state: State = "ok"
    successor: int | None = None
    members: dict[int, Member] = field(default_factory=dict, repr=False)
    topics: dict[int, Topic] = field(default_factory=dict, repr=False)
    history: list[Message] = field(default_factory=list, repr=False)
    keyboard: list[list[str]] = field(default_factory=list)  # the reply keyboard that is shown now
    actions: list[str] = field(default_factory=list, repr=False)  # "typing" and such
    _seen: list[tuple[Message, "Message"]] = field(default_factory=list, repr=False)  # a message, and as it was then
    _mark: int = field(default=0, repr=False)
    _next: int = field(default=2, repr=False)  # 1 is the General topic of a forum

    # What there is.

    @property
    def messages(self) -> list[Message]:
        """The bot's messages as they stand now, without those that it deleted."""
        return [one for one in self.history if one.by_bot and not one.deleted]

    @property
    def last(self) -> Message:
        assert self.messages, f"the bot has written nothing\n{self.transcript()}"
        return self.messages[-1]

    @property
    def bot(self) -> Member:
        return self.members[self.api.me["id"]]

    @property
    def private(self) -> bool:
        return self.kind == "private"

    def transcript(self) -> str:
        """All messages as text, with their buttons."""
        lines = [f"--- {self.title or (self.person and self.person.first_name)} ({self.kind} {self.id}) ---"]
        for one in self.history:
            who = "bot" if one.by_bot else (one.sender or {}).get("first_name", self.title)
            what = one.text or next(iter(one.media), "") or str(one.rich or "")
            lines.append(f"[{one.id}{' deleted' if one.deleted else ''}] {who}: {what}")
            lines += ["      " + " ".join(f"[{label}]" for label, _ in row) for row in one.buttons]
        return "\n".join(lines)

    def json(self) -> Json:
        facts: Json = {"id": self.id, "type": self.kind}
        if self.person:
            facts |= {name: value for name, value in self.person.json().items() if name in ("first_name", "username")}
        else:
            facts["title"] = self.title
        if self.username:
            facts["username"] = self.username
        return {**facts, "is_forum": True} if self.is_forum else facts

    # What people do.

    def say(
        self,
        person: Person,
        text: str,
        *,
        thread: int | None = None,
        reply_to: Message | None = None,
        anonymous: bool = False,
    ) -> Message:
        """Write a text; in a channel it is a post."""
        shown, entities = finish(clean(text), [])
        return self._write(person, thread, reply_to, anonymous, text=shown, entities=entities)

    def press(self, person: Person, label: str, lat: float = 48.1374, lon: float = 11.5755) -> Message:
        """Press a key of the reply keyboard: it says its label, or tells where the person is."""
        assert any(label in row for row in self.keyboard), f"no key {label!r} in {self.keyboard}\n{self.transcript()}"
        keys = [key for one in self.history for row in (one.markup or {}).get("keyboard", []) for key in row]
        asks = any(isinstance(key, dict) and key["text"] == label and key.get("request_location") for key in keys)
        return self.send_location(person, lat, lon) if asks else self.say(person, label)

    def send_file(
        self, person: Person, name: str, data: bytes, caption: str = "", *, thread: int | None = None
    ) -> Message:
        upload = Upload(name, data, mimetypes.guess_type(name)[0] or "application/octet-stream")
        media = {"document": self.api.files.keep(upload)}
        shown, entities = finish(clean(caption), [])
        return self._write(person, thread, None, False, text=shown, entities=entities, media=media, document=upload)

    def send_location(self, person: Person, lat: float, lon: float) -> Message:
        return self._write(person, None, None, False, media={"location": {"latitude": lat, "longitude": lon}})

    def choose(self, person: Person, answer: list[Json], index: int = 0) -> Message:
        """Take a result of an inline query: its text is posted here as the person's, by way of the bot."""
        result = answer[index]
        parsed = result.get("parsed", {"text": "", "entities": []})
        message = self._write(person, None, None, False, **parsed, media={}, told=False)
        message.markup = result.get("reply_markup")
        chosen = {"result_id": result["id"], "from": person.json(), "query": ""}
        self.api.updates.put("chosen_inline_result", chosen)
        return message

    def wait(self, wanted: Callable[[Message], Any], timeout: float = 10) -> Message:
        """The first message or edit of the bot, since a person last did something here, that is as wanted."""

        def found() -> Message | None:
            return next((now for now, then in self._seen[self._mark :] if wanted(then)), None)

        message = self.api.wait_until(found, timeout, lambda: f"no such message came\n{self.transcript()}")
        assert isinstance(message, Message)
        return message

    def mark(self) -> None:
        """From now on `wait` sees only what comes from now on."""
        with self.api.changed:
            self._mark = len(self._seen)

    def tap(self, person: Person, message: Message, label: str) -> Tap:
        """Press the button under a message that has this label, or the only one that has it as a part."""
        buttons = [button for row in message.buttons for button in row]
        found = [one for one in buttons if one[0] == label] or [one for one in buttons if label in one[0]]
        assert len(found) == 1, f"{len(found)} buttons {label!r} under message {message.id}\n{self.transcript()}"
        assert not message.deleted, f"message {message.id} is deleted\n{self.transcript()}"
        rows = (message.markup or {})["inline_keyboard"]
        links = [key["url"] for row in rows for key in row if key["text"] == found[0][0] and "url" in key]
        assert not links, f"the button {label!r} is a link to {links[0]}"
        return self.tap_data(person, message, found[0][1])

    def tap_data(self, person: Person, message: Message, data: str) -> Tap:
        """Send a callback with any data, as a client may that shows an old message or is ill-meaning."""
        self.mark()
        return self.api.tapped(self, person, message, data)

    # What people do to the bot.

    def block(self, person: Person | None = None) -> None:
        self._set_private("blocked", "kicked")

    def unblock(self, person: Person | None = None) -> None:
        self._set_private("ok", "member")

    def kick(self, by: Person | None = None) -> None:
        self.set_bot("kicked", by=by)

    def add_bot(self, by: Person | None = None) -> None:
        self.set_bot("member", by=by)
        if self.kind != "channel":
            self._service(by or self._somebody(), {"new_chat_members": [self.api.me]})

    def set_bot(self, status: str, by: Person | None = None, **rights: bool) -> None:
        """Give the bot another place: member, administrator (with rights such as can_post_messages), left, kicked."""
        with self.api.changed:
            old, new = self.bot, Member(self.api.me, status, rights)
            self.members[self.api.me["id"]] = new
            self.set_state({"kicked": "kicked", "left": "left"}.get(status, "ok"))
        self._told_of_member("my_chat_member", by or self._somebody(), old, new)

    def set_member(self, person: Person, status: str, **rights: bool) -> None:
        """Give a person a place: creator, administrator, member, left or kicked."""
        with self.api.changed:
            old = self.members.get(person.id, Member(person.json(), "left"))
            new = self.members[person.id] = Member(person.json(), status, rights)
        if self.bot.status == "administrator":
            self._told_of_member("chat_member", self._somebody(), old, new)

    def migrate(self) -> "Chat":
        """Turn the group into a supergroup, which has another number; this one stays as a shell."""
        new = self.api.supergroup_of(self)
        with self.api.changed:
            self.state, self.successor = "migrated", new.id
        self._service(self._somebody(), {"migrate_to_chat_id": new.id})
        new._service(self._somebody(), {"migrate_from_chat_id": self.id})
        return new

    def delete(self) -> None:
        self.set_state("deleted")

    def deactivate(self) -> None:
        """The person's account is gone."""
        self.set_state("deactivated")

    def set_state(self, state: str) -> None:
        with self.api.changed:
            self.state = state  # type: ignore[assignment]
            self.api.forgive(self.id)

    def topic(self, name: str) -> int:
        """A new topic's number."""
        assert self.is_forum, "only a forum has topics"
        with self.api.changed:
            thread = self._next
            self.topics[thread] = Topic(name, thread)
            made = {"forum_topic_created": {"name": name, "icon_color": 7322096}}
            self._service(self._somebody(), made, thread=thread, in_topic=True)
        return thread

    def close_topic(self, thread: int) -> None:
        self.topics[thread].closed = True

    def reopen_topic(self, thread: int) -> None:
        self.topics[thread].closed = False

    def delete_topic(self, thread: int) -> None:
        self.topics[thread].deleted = True

    # How it works.

    def find(self, message_id: int) -> Message | None:
        return next((one for one in self.history if one.id == message_id and not one.deleted), None)

    def add(self, **facts: Any) -> Message:
        """Put a message at the end."""
        with self.api.changed:
            message = Message(self._next, self, self.api.clock(), **facts)
            self._next += 1
            self.history.append(message)
            self.api.changed.notify_all()
        return message

    def show(self, message: Message) -> None:
        """Let `wait` see a message of the bot as it is now."""
        with self.api.changed:
            self._seen.append((message, Message(**vars(message))))
            self.api.changed.notify_all()

    def _write(
        self,
        person: Person,
        thread: int | None,
        reply_to: Message | None,
        anonymous: bool,
        told: bool = True,
        **facts: Any,
    ) -> Message:
        assert not thread or thread in self.topics, f"no topic {thread}"
        with self.api.changed:
            self.mark()
            if self.state in ("never_started", "blocked"):
                self.unblock() if self.state == "blocked" else self.set_state("ok")
            facts |= self._author(person, anonymous) | self._place(thread, reply_to)
            message = self.add(**facts)
        if told and self._bot_sees(message):
            self.api.updates.put("channel_post" if self.kind == "channel" else "message", message.json())
        return message

    def _author(self, person: Person, anonymous: bool) -> Json:
        if self.kind == "channel":
            return {"sender_chat": self.json()}
        if anonymous:
            return {"sender": GROUP_ANONYMOUS_BOT, "sender_chat": self.json()}
        return {"sender": person.json()}

    def _place(self, thread: int | None, reply_to: Message | None) -> Json:
        if thread:
            # In a topic, what replies to nothing else replies to the message that made the topic.
            return {"thread": thread, "in_topic": True, "reply_to": reply_to or self.find(thread)}
        if reply_to and self.kind == "supergroup":
            return {"thread": reply_to.thread or reply_to.id, "in_topic": reply_to.in_topic, "reply_to": reply_to}
        return {"reply_to": reply_to}

    def _bot_sees(self, message: Message) -> bool:
        """Privacy mode: https://core.telegram.org/bots/features#privacy-mode"""
        if self.state != "ok":
            return False
        if self.kind in ("private", "channel") or not self.api.privacy or self.bot.status == "administrator":
            return True
        if message.reply_to and message.reply_to.by_bot:
            return True
        first = message.entities[0] if message.entities else {"type": "", "offset": 1}
        command = message.text.split()[0] if message.text else ""
        _, _, name = command.partition("@")
        addressed = not name or name.lower() == self.api.me["username"].lower()
        return first["type"] == "bot_command" and first["offset"] == 0 and addressed

    def _set_private(self, state: str, status: str) -> None:
        assert self.person, "only a person can block the bot"
        old = Member(self.api.me, "kicked" if self.state == "blocked" else "member")
        self.set_state(state)
        self._told_of_member("my_chat_member", self.person, old, Member(self.api.me, status))

    def _told_of_member(self, kind: str, by: Person, old: Member, new: Member) -> None:
        change = {"chat": self.json(), "from": by.json(), "date": int(self.api.clock())}
        both = {"old_chat_member": old.json(), "new_chat_member": new.json()}
        self.api.updates.put(kind, {**change, **both})

    def _service(self, by: Person, media: Json, **place: Any) -> Message:
        message = self.add(sender=by.json(), media=media, **place)
        if self.bot.status not in ("left", "kicked"):
            self.api.updates.put("message", message.json())
        return message

    def _somebody(self) -> Person:
        if self.person:
            return self.person
        people = [self.api.people[id] for id in self.members if id in self.api.people]
        return people[0] if people else self.api.user(first_name="Somebody")
