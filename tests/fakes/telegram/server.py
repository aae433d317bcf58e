"""The server itself: who and what there is, and how a call of the bot is carried out."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

from fakes.telegram import faults, limits, settings, updates
from fakes.telegram.chats import Chat, Tap
from fakes.telegram.faults import Cut, Fault
from fakes.telegram.files import Files
from fakes.telegram.members import Member
from fakes.telegram.model import Call, InlineAnswer, Json, Message, Params, Person, Refusal, bad
from fakes.telegram.table import BY_NAME, Method
from fakes.telegram.wire import Listener
from farside.loopback import Closing

TOKEN = "123456789:AAF-invented-token-of-a-bot"

_SENDS = ("sendMessage", "sendRichMessage", "sendDocument", "sendPhoto")


class FakeTelegram(Closing):
    """A Bot API server on 127.0.0.1 for one bot, from construction to `close`; a context manager.

    `clock` dates everything and lets things grow old; only waiting is on the wall's clock. `real_limits` answers 429
    as Telegram would. With `listen=False` there is no socket, and the bot's calls go through `call`.
    """

    def __init__(
        self,
        token: str = TOKEN,
        clock: Callable[[], float] = time.time,
        *,
        username: str = "paperwatch_test_bot",
        privacy: bool = True,
        real_limits: bool = False,
        port: int = 0,
        listen: bool = True,
        webhook_delay: float = 0.05,
    ) -> None:
        self.token, self.clock, self.privacy, self.real_limits = token, clock, privacy, real_limits
        self.webhook_delay = webhook_delay
        self.me: Json = {
            "id": int(token.partition(":")[0]), "is_bot": True, "first_name": "Paperwatch", "username": username,
        }  # fmt: skip
        self.changed = threading.Condition(threading.RLock())
        self.updates = updates.Updates(clock, self.changed)
        self.files = Files()
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.calls: list[Call] = []
        self.taps: dict[str, Tap] = {}
        self.inline_asked: dict[str, float] = {}
        self.inline_answers: dict[str, InlineAnswer] = {}
        self.commands_set: dict[tuple[settings.Scope, str], list[Json]] = {}
        self.words: dict[tuple[str, str], str] = {}
        self.logged_out = False
        self._faults: list[Fault] = []
        self._gate, self._record = limits.Gate(), list[limits.Sent]()
        self._refused: set[int] = set()
        self._broken: list[str] = []
        self._listener = Listener(self, port) if listen else None

    def close(self) -> None:
        """End all polls, pushes, connections and threads."""
        self.updates.close()
        if self._listener:
            self._listener.close()

    def url(self) -> str:
        """What PAPERWATCH_TELEGRAM__BASE_URL is set to; libraries want "/bot" behind it."""
        assert self._listener, "it does not listen"
        return f"http://127.0.0.1:{self._listener.port}"

    # People and chats.

    def user(self, first_name: str = "Ada", username: str = "", language: str = "en", id: int | None = None) -> Person:
        with self.changed:
            id = id or 1001 + len(self.people)
            self.people[id] = Person(id, first_name, username, language, self)
            return self.people[id]

    def private(self, person: Person, started: bool = True) -> Chat:
        """The chat of a person with the bot; one that was not started yet is started by its first message."""
        if person.id not in self.chats:
            state: Literal["ok", "never_started"] = "ok" if started else "never_started"
            self._add(Chat(self, person.id, "private", person=person, state=state), person, "member")
        return self.chats[person.id]

    def group(self, title: str, creator: Person, bot: str = "member") -> Chat:
        """A plain group, which can migrate; `bot` is the bot's place in it, "left" if it is not there yet."""
        return self._add(Chat(self, -4_000_001 - len(self.chats), "group", title), creator, bot)

    def supergroup(self, title: str, creator: Person, bot: str = "member", forum: bool = False) -> Chat:
        return self._add(Chat(self, self._big(), "supergroup", title, is_forum=forum), creator, bot)

    def forum(self, title: str, creator: Person, bot: str = "member") -> Chat:
        """A supergroup with topics."""
        return self.supergroup(title, creator, bot, forum=True)

    def channel(self, title: str, username: str = "", admins: list[Person] | None = None, bot: str = "") -> Chat:
        """A channel; the bot may post there unless `bot` gives it another place."""
        first, *others = admins or [self.user("Owner")]
        chat = self._add(Chat(self, self._big(), "channel", title, username), first, bot or "administrator")
        chat.bot.rights = {"can_post_messages": True, "can_edit_messages": True} if not bot else {}
        chat.members |= {one.id: Member(one.json(), "administrator", {"can_post_messages": True}) for one in others}
        return chat

    def supergroup_of(self, group: Chat) -> Chat:
        with self.changed:
            new = Chat(self, self._big(), "supergroup", group.title, members=dict(group.members))
            self.chats[new.id] = new
            return new

    def _big(self) -> int:
        return -1_001_234_567_890 - len(self.chats)

    def _add(self, chat: Chat, person: Person, bot: str) -> Chat:
        with self.changed:
            status = "member" if chat.private else "creator"
            chat.members = {person.id: Member(person.json(), status), self.me["id"]: Member(self.me, bot)}
            if bot in ("left", "kicked"):
                chat.set_state(bot)
            self.chats[chat.id] = chat
            return chat

    # What a test asks for.

    def commands(self, scope: str | Json = "default", language: str = "") -> dict[str, str]:
        """The commands that the bot set for a scope and language, with their descriptions."""
        key = settings.scope_key(self, {"type": scope} if isinstance(scope, str) else scope)
        return {one["command"]: one["description"] for one in self.commands_set.get((key, language), [])}

    def menu(self, chat: Chat, person: Person) -> dict[str, str]:
        """The commands that a person is offered in a chat."""
        return {one["command"]: one["description"] for one in settings.menu(self, chat, person)}

    def fault(
        self,
        method: str,
        *,
        status: int | None = None,
        retry_after: int | None = None,
        description: str = "",
        times: int | None = 1,
        chat: Chat | int | None = None,
        cut: Literal["before", "after"] | None = None,
        late: float = 0,
        garbage: bool = False,
    ) -> Fault:
        """Order a fault, see `Fault`; of several for one call the first is taken."""
        number = chat.id if isinstance(chat, Chat) else chat
        fault = Fault(method, status, retry_after, description, times, number, cut, late, garbage)
        with self.changed:
            self._faults.append(fault)
        return fault

    def cancel_faults(self) -> None:
        """Nothing goes wrong from now on."""
        with self.changed:
            self._faults.clear()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """As long as this lasts, nobody listens: connections are refused, and those there were are cut."""
        assert self._listener, "it does not listen"
        self._listener.stop()
        try:
            yield
        finally:
            self._listener.start()

    def calls_of(self, method: str) -> list[Call]:
        with self.changed:
            return [one for one in self.calls if one.method.lower() == method.lower()]

    def violations(self) -> list[str]:
        """What the bot did that it must not do, each in a sentence."""
        with self.changed:
            open_taps = [
                f"the tap on {one.data!r} in chat {one.chat.id} was not answered"
                for one in self.taps.values()
                if not one.answers
            ]
            return limits.broken_limits(self._record) + self._broken + open_taps

    def repeats(self) -> list[str]:
        """The texts that a chat got more than once, each in a sentence."""
        with self.changed:
            return limits.repeated(self._record)

    def wait_until(self, found: Callable[[], Any], timeout: float, failure: Callable[[], str]) -> Any:
        """What `found` gives once it is true; AssertionError with `failure` if that takes too long."""
        with self.changed:
            result = None

            def holds() -> bool:
                nonlocal result
                result = found()
                return bool(result)

            if not self.changed.wait_for(holds, timeout):
                raise AssertionError(failure())
            return result

    def inline(self, person: Person, query: str, offset: str, timeout: float) -> InlineAnswer:
        with self.changed:
            id = str(8_000_000_001 + len(self.inline_asked))
            self.inline_asked[id] = self.clock()
            asked = {"id": id, "from": person.json(), "query": query, "offset": offset, "chat_type": "sender"}
            self.updates.put("inline_query", asked)
        self.wait_until(lambda: id in self.inline_answers, timeout, lambda: f"nobody answered the query {query!r}")
        return self.inline_answers[id]

    def tapped(self, chat: Chat, person: Person, message: Message, data: str) -> Tap:
        with self.changed:
            tap = Tap(str(9_000_000_001 + len(self.taps)), chat, message, data, self.clock())
            self.taps[tap.id] = tap
            query = {"id": tap.id, "from": person.json(), "message": message.json()}
            self.updates.put("callback_query", {**query, "chat_instance": str(chat.id), "data": data})
            return tap

    # What the bot calls.

    def call(self, token: str, method: str, parameters: Mapping[str, Any] | None = None) -> tuple[int, Json]:
        """A call without a socket: the HTTP status and the body. Of the faults, a cut raises `Cut` (a ConnectionError),
        a late answer TimeoutError and a garbled one ValueError, the latter two after the call was carried out."""
        status, body, fault = self.perform(token, method, parameters or {})
        if fault and fault.late:
            raise TimeoutError("the answer comes too late")
        if fault and (fault.garbage or (fault.status or 0) > 500):
            raise ValueError("the answer is garbage")
        return status, body

    def perform(self, token: str, method: str, values: Mapping[str, Any]) -> tuple[int, Json, Fault | None]:
        """Carry a call out, with the fault that is on it; a cut raises."""
        params = Params(values)
        with self.changed:
            name, act = BY_NAME.get(method.lower(), (method, _unknown))
            fault = None
            try:
                self._check_token(token)
                fault = faults.take(self._faults, name, params)
                status, body = 200, self._carry_out(name, act, params, fault)
            except Refusal as refusal:
                status, body = refusal.status, refusal.body()
            except Cut:
                self._note(name, values, 0, "cut")
                raise
            self._note(name, values, status, body)
        return status, body, fault

    def _carry_out(self, name: str, act: Method, params: Params, fault: Fault | None) -> Json:
        if fault and fault.cut == "before":
            raise Cut(after=False)
        refusal = fault.refusal() if fault else None
        try:
            if refusal:
                raise refusal
            result = act(self, params)
        except Refusal as error:
            self._watch_refusals(name, params, error)
            raise
        if fault and fault.cut == "after":
            raise Cut(after=True)
        return {"ok": True, "result": result}

    def _check_token(self, token: str) -> None:
        id, _, secret = token.partition(":")
        if not (id.isdecimal() and secret):
            raise Refusal(404, "Not Found")
        if token != self.token:
            raise Refusal(401, "Unauthorized")
        if self.logged_out:
            raise bad("Logged out")

    def _note(self, name: str, values: Mapping[str, Any], status: int, answer: Any) -> None:
        clean = {
            key: value.replace(self.token, "TOKEN") if isinstance(value, str) else value
            for key, value in values.items()
        }
        self.calls.append(Call(name, clean, self.clock(), status, answer))
        self.changed.notify_all()

    def webhook_reply(self, reply: Json) -> None:
        """The call that a webhook gave as its answer; nobody learns what became of it."""
        method = str(reply.pop("method"))
        self.perform(self.token, method, reply)

    def chat_for(self, params: Params, *, to_write: bool = False, inside: bool = False) -> Chat:
        """The chat that a call names; `to_write` and `inside` refuse those where the bot cannot."""
        name = params.text("chat_id")
        if not name:
            raise bad("chat_id is empty")
        by_name = (one for one in self.chats.values() if f"@{one.username}".lower() == name.lower() != "@")
        chat = next(by_name, None) if name.startswith("@") else self.chats.get(params.number("chat_id"))
        if not chat:
            raise bad("chat not found")
        refusal = _not_there(chat) if to_write or (inside and not chat.private) else None
        if refusal:
            raise refusal
        if to_write and chat.kind == "channel" and not chat.bot.rights.get("can_post_messages"):
            raise bad("need administrator rights in the channel chat")
        return chat

    def admit(self, chat: Chat) -> None:
        """Let a message through, or refuse it by the limits."""
        if self.real_limits:
            wait = limits.retry_after(self._gate, self.clock(), chat.id, chat.private)
            if wait:
                raise Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        self._gate.count(self.clock(), chat.id, chat.private)

    def sent(self, message: Message) -> None:
        chat = message.chat
        self._record.append(limits.Sent(message.at, chat.id, chat.private, message.thread, message.text))
        chat.show(message)

    def _watch_refusals(self, name: str, params: Params, error: Refusal) -> None:
        """Somebody who was refused for good must not be written to again."""
        if name not in _SENDS or error.status != 403:
            return
        chat = params.number("chat_id")
        if chat in self._refused:
            self._broken.append(f"chat {chat} was written to again after: {error.description}")
        self._refused.add(chat)

    def forgive(self, chat: int) -> None:
        """The chat is in another state now: it may be tried anew."""
        self._refused.discard(chat)


def _unknown(api: FakeTelegram, params: Params) -> None:
    raise Refusal(404, "Not Found: method not found")


def _not_there(chat: Chat) -> Refusal | None:
    """Why the bot can do nothing in a chat."""
    words = {
        "blocked": "bot was blocked by the user",
        "deactivated": "user is deactivated",
        "never_started": "bot can't initiate conversation with a user",
        "kicked": f"bot was kicked from the {chat.kind} chat",
        "left": f"bot is not a member of the {chat.kind} chat",
        "deleted": "the group chat was deleted",
    }
    if chat.state == "migrated":
        return bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.successor)
    return Refusal(403, f"Forbidden: {words[chat.state]}") if chat.state in words else None
