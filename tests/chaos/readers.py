"""Those who are told: what they ask for and when, as far as anybody can know, and how they say so."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from chaos.crew import Home
from fakes.telegram import Chat, Person

# What was under way when somebody's wish was confirmed may still come so much later.
GRACE = 3.0
_PATIENCE = 12.0  # seconds until somebody who talks with the bot says it again
Legal = Callable[[float], float]


@dataclass
class Span:
    """A query that held for a time, or a pause. It was asked for at `begun`, confirmed at `sure_from`; it was to end at
    `ended`, which was confirmed at `sure_until`. None: not (yet)."""

    words: frozenset[str]
    begun: float
    sure_from: float | None = None
    ended: float | None = None
    sure_until: float | None = None

    def may(self, at: float, legal: Legal) -> bool:
        """Whether something that comes at that time may be for it."""
        return self.begun <= at and (self.sure_until is None or at <= legal(self.sure_until))

    def must(self, listed: float) -> bool:
        """Whether what was listed then must be told."""
        return self.sure_from is not None and self.sure_from < listed and self.ended is None


@dataclass
class Act:
    """What a reader wants at a time (seconds from the beginning): a verb, the name of the subscription, and its
    words."""

    at: float
    verb: str
    name: str = ""
    words: frozenset[str] = frozenset()


@dataclass
class Reader:
    """A recipient. One with a `chat` pauses, resumes and erases there, and does all else on the command line.

    `pauses` are spans in which nothing may come. `log` says what was done.
    """

    address: tuple[str, str]
    home: Home
    log: Callable[[str], None]
    chat: Chat | None = None
    person: Person | None = None
    spans: dict[str, Span] = field(default_factory=dict)  # those that hold now, by name
    past: list[Span] = field(default_factory=list)
    pauses: list[Span] = field(default_factory=list)
    erased: Span | None = None

    def __str__(self) -> str:
        return ":".join(self.address)

    def live(self, acts: Sequence[Act], begin: float, stop: threading.Event) -> None:
        """Do all of it, one after the other, each at its time."""
        for act in acts:
            if stop.wait(max(0.0, begin + act.at - time.monotonic())):
                return
            getattr(self, act.verb)(act, stop)

    # What is known.

    def may(self, words: Iterable[str], at: float, legal: Legal) -> bool:
        """Whether a paper of these words may come at that time."""
        if any(_forbids(pause, at, legal) for pause in self.pauses):
            return False
        return any(one.may(at, legal) and one.words.intersection(words) for one in (*self.spans.values(), *self.past))

    def must(self, word: str, listed: float) -> bool:
        """Whether a paper that was listed then must have come, or wait."""
        return self.erased is None and any(word in one.words and one.must(listed) for one in self.spans.values())

    @property
    def may_be_paused(self) -> bool:
        return any(pause.sure_until is None for pause in self.pauses)

    # What is done.

    def subscribe(self, act: Act, stop: threading.Event) -> None:
        span = self.spans[act.name] = Span(act.words, time.monotonic())
        confirmed = ["--confirmed"] if self.address[0] == "email" else []
        self._call(
            act, stop, span, "sure_from", "subscribe", str(self), _query(act.words), "--name", act.name, "--yes",
            *confirmed, known="already",
        )  # fmt: skip

    def unsubscribe(self, act: Act, stop: threading.Event) -> None:
        span = self._ending(act.name)
        self._call(act, stop, span, "sure_until", "unsubscribe", str(self), act.name, known="no subscription called")

    def edit(self, act: Act, stop: threading.Event) -> None:
        old, new = self._ending(act.name), Span(act.words, time.monotonic())
        self.spans[act.name] = new
        asked = "--query", _query(act.words)
        self._call(act, stop, new, "sure_from", "subscription", "edit", str(self), act.name, *asked)
        old.sure_until = new.sure_from

    def mute(self, act: Act, stop: threading.Event) -> None:
        span = self._ending(act.name)
        until = "--until", "2027-01-01"
        self._call(act, stop, span, "sure_until", "subscription", "mute", str(self), act.name, *until)

    def unmute(self, act: Act, stop: threading.Event) -> None:
        span = self.spans[act.name] = Span(act.words, time.monotonic())
        self._call(act, stop, span, "sure_from", "subscription", "mute", str(self), act.name, "--off")

    def pause(self, act: Act, stop: threading.Event) -> None:
        pause = Span(frozenset(), time.monotonic())
        self.pauses.append(pause)
        if self.chat:
            self._say(act, stop, pause, "sure_from", "/pause", "Paused.")
        else:
            self._call(act, stop, pause, "sure_from", "subscription", "pause", str(self))

    def resume(self, act: Act, stop: threading.Event) -> None:
        pause = self.pauses[-1]
        pause.ended = time.monotonic()
        if self.chat:
            self._say(act, stop, pause, "sure_until", "/resume", "I tell you again")
        else:
            self._call(act, stop, pause, "sure_until", "subscription", "resume", str(self))

    def erase(self, act: Act, stop: threading.Event) -> None:
        self.erased = Span(frozenset(), time.monotonic())
        spans = [self._ending(name) for name in list(self.spans)]
        if self.chat:
            self._say(act, stop, self.erased, "sure_from", "/forget", "Erased.")
        else:
            self._call(act, stop, self.erased, "sure_from", "unsubscribe", str(self), known="nobody is subscribed")
        for span in spans:
            span.sure_until = self.erased.sure_from

    def look(self, act: Act, stop: threading.Event) -> None:
        """Look at the status: it changes nothing, and takes its time."""
        self.home.call("status")

    def scrape(self, act: Act, stop: threading.Event) -> None:
        """Read a source by hand, beside the loops."""
        self.home.call("scrape", act.name)

    def _ending(self, name: str) -> Span:
        span = self.spans.pop(name)
        span.ended = time.monotonic()
        self.past.append(span)
        return span

    def _call(self, act: Act, stop: threading.Event, span: Span, mark: str, *arguments: str, known: str = "") -> None:
        """Run a command until it works; note in the span when it did. `known`: what it says if it had worked before."""
        tries = 0
        while tries == 0 or not stop.is_set():
            tries += 1
            code, said = self.home.call(*arguments)
            if code == 0 or (tries > 1 and known and known in said):
                setattr(span, mark, time.monotonic())
                break
            self.log(f"{self} {act.verb} {act.name}: exit code {code}: {said.strip()[-200:]}")
            if stop.wait(0.5):
                break
        self._note(act, span, mark)

    def _say(self, act: Act, stop: threading.Event, span: Span, mark: str, words: str, answer: str) -> None:
        """Say it to the bot until it answers that it is so."""
        assert self.chat
        assert self.person
        while getattr(span, mark) is None:
            self.chat.mark()
            self.chat.say(self.person, words)
            try:
                if words == "/forget":
                    asked = self.chat.wait(lambda one: "cannot be undone" in one.text, _PATIENCE)
                    self.chat.tap(self.person, asked, "Erase")
                self.chat.wait(lambda one: answer in one.text, _PATIENCE)
            except AssertionError:
                if stop.is_set():
                    break
            else:
                setattr(span, mark, time.monotonic())
        self._note(act, span, mark)

    def _note(self, act: Act, span: Span, mark: str) -> None:
        how = "done" if getattr(span, mark) is not None else "nobody knows whether that was done"
        self.log(f"{self} {act.verb} {act.name} {' '.join(sorted(act.words))}: {how}")


def _forbids(pause: Span, at: float, legal: Legal) -> bool:
    is_over = pause.ended is not None and at >= pause.ended
    return pause.sure_from is not None and at > legal(pause.sure_from) and not is_over


def _query(words: frozenset[str]) -> str:
    return " OR ".join(sorted(words))
