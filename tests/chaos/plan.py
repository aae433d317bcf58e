"""What happens in a run, chosen by its seed before it begins: processes, papers, what people do, faults."""

from dataclasses import dataclass, field
from itertools import combinations
from random import Random
from typing import Any

from chaos.outside import HF_DAYS, PARTS, TODAY, WORDS
from chaos.readers import Act
from farside.mail import CLOSE, TAKE_AND_CLOSE

ROLES = ("ingest", "deliver", "bot")
LINES = ("sites", "api", "mail", "hooks")
EVERY = 0.8  # seconds between two faults, on average; more of them in long runs leave nothing that works
PASSES = 2.0  # seconds between two jumps of the clock, on average
ACTIVE = 6
NAMES = ("first", "second", "third")
_CALLS: tuple[dict[str, Any], ...] = (
    {"status": 429, "retry_after": 3},
    {"status": 429, "retry_after": 20},
    {"status": 429},
    {"status": 500},
    {"status": 502},
    {"cut": "before"},
    {"cut": "after"},
    {"garbage": True},
    {"late": 6},
)
_MAILS = (
    ("MAIL", "451 4.3.0 later"),
    ("RCPT", "451 4.7.1 greylisted"),
    ("MAIL", CLOSE),
    ("DATA", CLOSE),
    ("DATA", TAKE_AND_CLOSE),
    ("DATA", "451 4.3.0 later"),
)
DAMAGES = ("page", "cut", "429", "429 later", "500", "stale", "contradict")


@dataclass(frozen=True)
class Event:
    """Something that happens at so many seconds from the beginning."""

    at: float
    kind: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind} {' '.join(f'{name}={value}' for name, value in self.values.items())}"


@dataclass
class Plan:
    """`before` is listed before the processes start; `acts` are those of each reader, by their number."""

    workers: list[tuple[str, ...]]
    before: list[Event]
    events: list[Event]
    acts: list[list[Act]]  # of those readers who act, the first ones
    first: list[frozenset[str]]


class Planner:
    """Makes a plan. Nothing but the arguments has a say in it."""

    def __init__(self, seed: int, seconds: float, kind: str, readers: int) -> None:
        self.random, self.seconds, self.kind, self.readers = Random(f"{seed} {kind}"), seconds, kind, readers
        self._papers = 0

    def plan(self) -> Plan:
        workers = self._workers()
        before = [self._paper(0, "hf", day) for day in HF_DAYS for _ in range(2)]
        before += [self._paper(0, "arxiv", HF_DAYS[-1], part) for part in PARTS]
        before += [self._paper(0, "arxiv", TODAY, part) for part in PARTS for _ in range(2)]
        first = [self._words() for _ in range(self.readers)]
        acts = [self._acts(number, words) for number, words in enumerate(first[:ACTIVE])]
        events = [*self._growing(), *self._passing(), *self._faults(len(workers))]
        events.sort(key=lambda one: one.at)
        return Plan(workers, before, events, acts, first)

    def _workers(self) -> list[tuple[str, ...]]:
        """One process with all roles, or up to four with some, together all."""
        many = self.random.randint(1, 4) if self.kind == "postgres" else 1
        if many == 1:
            return [()]
        some = [one for size in (1, 2) for one in combinations(ROLES, size)]
        found = [self.random.choice([*some, ()]) for _ in range(many)]
        for role in ROLES:
            if not any(role in one or not one for one in found):
                number = self.random.randrange(many)
                found[number] = (*found[number], role)
        return found

    def _words(self) -> frozenset[str]:
        return frozenset(self.random.sample(WORDS, self.random.randint(1, 3)))

    def _paper(self, at: float, source: str, day: Any, part: str = "") -> Event:
        self._papers += 1
        word = self.random.choice(WORDS)
        return Event(at, "paper", {"number": self._papers, "word": word, "source": source, "day": day, "part": part})

    def _growing(self) -> list[Event]:
        """Papers that Hugging Face lists during the run, on the days that may still grow."""
        times = [self.random.uniform(0, self.seconds) for _ in range(int(min(60, 4 + self.seconds)))]
        return [self._paper(at, "hf", self.random.choice(HF_DAYS[1:])) for at in sorted(times)]

    def _passing(self) -> list[Event]:
        """Time passes faster than it would, so that what waits is tried again."""
        times = [self.random.uniform(0, self.seconds) for _ in range(int(self.seconds / PASSES))]
        return [Event(at, "jump", {"seconds": self.random.choice((20, 70, 130, 400))}) for at in times]

    # People.

    def _acts(self, number: int, words: frozenset[str]) -> list[Act]:
        """What a reader does who asks for these words in the beginning, under the first name."""
        asked, muted, is_paused = {NAMES[0]: words}, dict[str, frozenset[str]](), False
        acts = []
        for at in sorted(self.random.uniform(0, self.seconds) for _ in range(self.random.randint(0, 2))):
            verbs = ["resume"] if is_paused else ["pause", "pause"]
            verbs += ["subscribe"] if len(asked) + len(muted) < len(NAMES) else []
            verbs += ["unsubscribe", "edit", "mute"] if asked else []
            verbs += ["unmute"] if muted else []
            verbs += ["erase"] if at > 0.5 * self.seconds and self.random.random() < 0.5 else []
            verbs += ["look", "scrape", "scrape"] if number == 0 else []
            act = self._act(at, self.random.choice(verbs), asked, muted)
            acts.append(act)
            is_paused = act.verb == "pause" or (is_paused and act.verb != "resume")
            if act.verb == "erase":
                break
        return acts

    def _act(self, at: float, verb: str, asked: dict[str, frozenset[str]], muted: dict[str, frozenset[str]]) -> Act:
        if verb == "subscribe":
            name = next(one for one in NAMES if one not in asked and one not in muted)
            asked[name] = self._words()
            return Act(at, verb, name, asked[name])
        if verb == "scrape":
            return Act(at, verb, self.random.choice(("hf", "arxiv")))
        if verb in ("unsubscribe", "edit", "mute"):
            name = self.random.choice(sorted(asked))
            words = asked.pop(name)
            if verb == "edit":
                words = asked[name] = self._words()
            if verb == "mute":
                muted[name] = words
            return Act(at, verb, name, words)
        if verb == "unmute":
            name = self.random.choice(sorted(muted))
            asked[name] = muted.pop(name)
            return Act(at, verb, name, asked[name])
        return Act(at, verb)

    # Faults.

    def _faults(self, workers: int) -> list[Event]:
        many = max(3, int(self.seconds / (EVERY if self.seconds <= 30 else 2 * EVERY)))
        times = sorted(self.random.uniform(0.2, self.seconds) for _ in range(many))
        return [self._fault(at, workers) for at in times]

    def _fault(self, at: float, workers: int) -> Event:
        choose = self.random.choice
        kinds = ["kill"] * 4 + ["freeze", "oversleep", "roll", "line", "line", "line"]
        kinds += ["call", "call", "mail", "hook", "damage", "damage", "storm", "storm"]
        of_database = ["lock", "full"] if self.kind == "sqlite" else ["restart", "database line", "skew"]
        kind = choose(kinds + of_database * 2)
        lasts, worker = round(self.random.uniform(0.3, 2.0), 2), self.random.randrange(workers)
        values: dict[str, dict[str, Any]] = {
            "kill": {"worker": worker, "down": round(self.random.uniform(0, 0.8), 2)},
            "freeze": {"worker": worker, "lasts": lasts},
            "oversleep": {"worker": worker, "lasts": round(lasts / 2, 2)},
            "line": {"line": choose(LINES), "how": choose(("refuse", "cut", "slow", "half")), "lasts": lasts},
            "database line": {"how": choose(("refuse", "cut", "slow")), "lasts": round(lasts / 2, 2)},
            "call": {"how": choose(_CALLS), "times": self.random.randint(1, 3)},
            "mail": {"how": choose(_MAILS)},
            "hook": {"answers": choose(([500], [503, 503], [429], [429, 429, 500]))},
            "damage": {"source": choose(("hf", "arxiv")), "how": choose(DAMAGES), "lasts": 2 * lasts},
            "storm": {"lasts": 2 * lasts, "retry_after": choose((None, 1, 5, 40))},
            "lock": {"lasts": round(1.5 * lasts, 2)},
            "full": {"lasts": lasts},
            "restart": {"at_once": choose((True, False)), "down": round(lasts / 3, 2)},
            "skew": {"worker": worker, "seconds": choose((-3600, -60, 60, 3600))},
        }
        return Event(at, kind, values.get(kind, {}))
