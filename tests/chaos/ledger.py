"""The account afterwards: what was listed and what arrived, beside what the database and the logs say."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from chaos.clock import Clock
from chaos.databases import SECRET
from chaos.faults import Faults
from chaos.outside import GAP, HF_DAYS, NUMBER, PARTS, TODAY, WEBHOOK_SECRET, Outside, Paper
from chaos.readers import GRACE, Reader
from fakes.telegram import TOKEN
from farside.arxiv_ledger import opens

from bot.models import Delivery, ListDay, Listing, Message, Reading, Recipient, Source, StoredPaper
from bot.store.engine import Engine, Session, reading

SECRETS = (TOKEN, TOKEN.partition(":")[2], SECRET, WEBHOOK_SECRET)
_WANTS = (Recipient.paused_at.is_(None), Recipient.disabled_at.is_(None), Recipient.confirmed_at.is_not(None))  # type: ignore[union-attr]
_OPEN = Message.state.in_(("ready", "sending"))  # type: ignore[attr-defined]
_WAITS = sa.and_(Delivery.message_id.is_(None), Delivery.dropped.is_(None))  # type: ignore[union-attr]
# A request may be so late behind its turn (seconds); the machine is busy.
_LATE = 0.8
_UNDER_WAY = 1.0  # seconds that a call may take from its last look at the database
_WRITES = 2.0  # seconds within which an answer is written down; it is tried again each second
_MANY = 12  # problems of a kind that are told


def unsettled(engine: Engine, now: datetime, mended: datetime) -> str:
    """What is owed now to somebody who wants it, or which lists were not read well after that time; empty where there
    is nothing."""
    with reading(engine) as session:  # lists, then owed, then messages: what goes on meanwhile is seen there at last
        good = sa.select(Source.name, Reading.part, Reading.day).join(Source)
        read = {tuple(row) for row in session.execute(good.where(Reading.started_at > mended, _GOOD))}
        closed = sa.select(Source.name, ListDay.part, ListDay.day).join(Source).where(ListDay.state == "closed")
        read |= {tuple(row) for row in session.execute(closed)}
        wanted = {("hf", "", day) for day in HF_DAYS} | {("arxiv", part, day) for part in PARTS for day in LAST_DAYS}
        if wanted - read:
            return f"lists {sorted(map(str, wanted - read))}"
        owed = sa.select(Delivery.id).join(Recipient).where(_WAITS, Delivery.send_at <= now, *_WANTS)
        messages = sa.select(Message.id).join(Recipient).where(_OPEN, *_WANTS)
        for name, query in (("owed", owed), ("messages", messages)):
            if found := session.execute(query).all():
                return f"{name} {[row[0] for row in found]}"
    return ""


LAST_DAYS = (HF_DAYS[-1], TODAY)
_GOOD = Reading.verdict.in_(("ok", "quiet"))  # type: ignore[attr-defined]


class Ledger:
    """All that is known when everything has ended."""

    def __init__(
        self, engine: Engine, outside: Outside, readers: Sequence[Reader], faults: Faults, clock: Clock, folder: Path
    ) -> None:
        self.outside, self.readers, self.faults, self.clock, self.folder = outside, readers, faults, clock, folder
        self.got = outside.got()
        self.papers = {one.number: one for one in outside.papers}
        self.came = Counter((one.address, number) for one in self.got for number in one.numbers)
        with reading(engine) as session:
            self._load(session)

    def _load(self, session: Session) -> None:
        numbers = {
            id: int(found[1])
            for id, title in session.execute(sa.select(StoredPaper.id, StoredPaper.title))
            if (found := NUMBER.search(title))
        }
        self.recipients = {one.id: one for one in session.execute(sa.select(Recipient)).scalars()}
        self.messages = {one.id: one for one in session.execute(sa.select(Message)).scalars()}
        self.owed = defaultdict[tuple[tuple[str, str], int], list[Delivery]](list)
        for one in session.execute(sa.select(Delivery)).scalars():
            recipient = self.recipients[one.recipient_id]
            self.owed[(recipient.channel, recipient.address), numbers[one.paper_id]].append(one)
        seen = sa.select(Source.name, Listing.part, Listing.day, Listing.paper_id, Listing.seen_at).join(Source)
        self.seen = {(name, part, day, numbers[id]): at for name, part, day, id, at in session.execute(seen)}
        read = sa.select(Source.name, Reading).join(Source).where(_GOOD)
        self.readings = [(name, one) for name, one in session.execute(read)]
        session.expunge_all()

    def figures(self) -> dict[str, object]:
        must = [
            (reader, paper)
            for reader in self.readers
            for paper in self.papers.values()
            if reader.must(paper.word, self._listed(paper))
        ]
        return {
            "due": len(must),
            "told": sum(self.came[reader.address, paper.number] > 0 for reader, paper in must),
            "owed": sum(map(len, self.owed.values())),
            "messages": sum(one.state == "sent" for one in self.messages.values()),
            "arrived": len(self.got),
            "of them amid faults": sum(one.at < self.faults.mended for one in self.got),
            "told to wait": sum(call.status == 429 for call in self.outside.api.calls_of("sendMessage")),
            "doubled": sum(times - 1 for times in self.came.values()),
            "ambiguous": sum(one.ambiguous for one in self.messages.values()),
        }

    def problems(self) -> list[str]:
        """What must not be, each in a sentence."""
        checks = (
            self._lost, self._unwanted, self._doubled, self._changed, self._not_sent, self._disabled, self._unread,
            self._untrue, self._limits, self._hurried, self._rushed, self._said,
        )  # fmt: skip
        found = []
        for check in checks:
            some = list(check())
            found += some[:_MANY] + ([f"… and {len(some) - _MANY} more"] if len(some) > _MANY else [])
        return found

    # What arrived.

    def _listed(self, paper: Paper) -> float:
        return paper.listed if paper.listed is not None else self.clock.monotonic(opens(paper.day))

    def _lost(self) -> Iterator[str]:
        for reader in self.readers:
            for paper in self.papers.values():
                if not reader.must(paper.word, self._listed(paper)) or self.came[reader.address, paper.number]:
                    continue
                rows = self.owed[reader.address, paper.number]
                if not any(self._is_legal(one, reader) for one in rows):
                    yield f"{reader} never got {paper.number} ({paper.word}): {self._state(rows)}"

    def _is_legal(self, one: Delivery, reader: Reader) -> bool:
        """Whether what was not shown waits for its reader, or was counted in a long digest."""
        if one.message_id is not None:
            message = self.messages[one.message_id]
            if message.state == "sent":
                return one.rank is None and message.more > 0
            return message.state in ("ready", "sending") and reader.may_be_paused
        return one.dropped is None and (reader.may_be_paused or one.send_at > self.clock.now())

    def _state(self, rows: Sequence[Delivery]) -> str:
        if not rows:
            return "it was not queued"
        one = rows[0]
        message = self.messages.get(one.message_id)
        of = f"message {message.id} {message.state} {message.error or ''}" if message else "in no message"
        return f"{of}, {one.dropped or 'not dropped'}, send at {one.send_at:%H:%M:%S}"

    def _unwanted(self) -> Iterator[str]:
        by_address = {reader.address: reader for reader in self.readers}
        for one in self.got:
            for number in one.numbers:
                word = self.papers[number].word
                if not by_address[one.address].may([word], one.at, self._legal):
                    yield f"{':'.join(one.address)} got {number} ({word}) at {one.at - self._zero:.1f} unasked"

    @property
    def _zero(self) -> float:
        return self.faults.zero

    def _legal(self, confirmed: float) -> float:
        return self.faults.legal(confirmed, GRACE)

    def _doubled(self) -> Iterator[str]:
        """A paper comes once, and once more for each attempt of its message that is counted as ambiguous."""
        for (address, number), times in self.came.items():
            rows = self.owed[address, number]
            if self._reader(address).erased and not rows:
                continue
            ids = {one.message_id for one in rows if one.message_id is not None}
            if times > 1 + sum(self.messages[id].ambiguous for id in ids):
                yield f"{':'.join(address)} got {number} {times} times: {self._state(rows)}"

    def _reader(self, address: tuple[str, str]) -> Reader:
        return next(one for one in self.readers if one.address == address)

    def _changed(self) -> Iterator[str]:
        """A mail and what is posted come again under the same key, by which a receiver can tell."""
        keys = defaultdict[tuple[tuple[str, str], int], set[str]](set)
        for one in self.got:
            for number in one.numbers:
                keys[one.address, number].add(one.key)
        for (address, number), found in keys.items():
            if len(found) > 1:
                yield f"{':'.join(address)} got {number} under {len(found)} keys: {sorted(found)}"

    def _not_sent(self) -> Iterator[str]:
        """What is recorded as sent has arrived."""
        for (address, number), rows in self.owed.items():
            for one in rows:
                message = self.messages.get(one.message_id)
                if message and message.state == "sent" and one.rank and not self.came[address, number]:
                    yield f"{':'.join(address)}: {number} is recorded as sent, and did not arrive"

    def _disabled(self) -> Iterator[str]:
        for one in self.recipients.values():
            if one.disabled_at:
                yield f"{one.channel}:{one.address} was disabled: {one.disabled_reason}"

    # Lists.

    def _unread(self) -> Iterator[str]:
        """In the end each list is in the library: a day was not closed too early."""
        for paper in self.papers.values():
            if (*paper.names, paper.number) not in self.seen:
                yield f"{paper.number} of {' '.join(map(str, paper.names))} is not in the library"

    def _untrue(self) -> Iterator[str]:
        """A good reading had all that was on the list when it began."""
        if self.faults.has_skewed:
            return  # then nobody knows when that was
        for name, one in self.readings:
            begun = self.clock.monotonic(one.started_at)
            for paper in self.papers.values():
                seen = self.seen.get((*paper.names, paper.number), one.finished_at)
                is_due = paper.names == (name, one.part, one.day) and self._listed(paper) < begun
                if is_due and seen > one.finished_at:
                    yield f"{one.verdict} said reading {one.id} of {name} {one.part} {one.day}, without {paper.number}"

    # Limits.

    def _limits(self) -> Iterator[str]:
        talking = {f"chat {one.address[1]} got more" for one in self.readers if one.chat}
        for words in self.outside.api.violations():
            # Answers do not wait for their turn, and a bot that was dead answers late.
            if "tap" not in words and not any(words.startswith(chat) for chat in talking):
                yield words

    def _hurried(self) -> Iterator[str]:
        """Where Telegram wanted peace, nothing was sent before it was over, but for what was under way; people who talk
        are answered. What nobody could write down before the process was killed is known to nobody."""
        until, since = dict[str, float](), dict[str, float]()
        silent = {one.address[1].partition("/")[0] for one in self.readers if one.chat is None}
        for call in self.outside.api.calls_of("sendMessage"):
            chat = str(call.parameters.get("chat_id"))
            if since.get(chat, 0) + _UNDER_WAY < call.at < until.get(chat, 0) - 0.5 and chat in silent:
                yield f"chat {chat} was written to {until[chat] - call.at:.1f} s before the peace was over"
            is_known = not self.faults.may_forget(self.clock.monotonic(call.at), _WRITES)
            if call.status == 429 and isinstance(call.answer, dict) and is_known:
                wait = call.answer.get("parameters", {}).get("retry_after", 0)
                until[chat], since[chat] = max(until.get(chat, 0), call.at + wait), call.at

    def _rushed(self) -> Iterator[str]:
        """The sites are asked with their gap, whichever process asks."""
        asked = sorted(self.outside.requests, key=lambda one: one.came)
        for first in range(len(asked) - 4):
            begin, some = asked[first], asked[first + 4]
            least = 4 * GAP - _LATE - self._freeze_at(begin.came)
            if some.shown - begin.shown < least:
                yield f"5 requests came within {some.shown - begin.shown:.2f} s at {begin.came - self._zero:.1f}"

    def _freeze_at(self, at: float) -> float:
        """A request that was on its way came so much later, because its process was frozen."""
        return max((end - begin for begin, end in self.faults.frozen if begin - 1 < at < end + 1), default=0.0)

    # Logs.

    def _said(self) -> Iterator[str]:
        for log in sorted((self.folder / "logs").iterdir()):
            text = log.read_text()
            if "Traceback" in text:
                yield f"{log.name} has a traceback: {text.strip().splitlines()[-1][:200]}"
            if any(secret in text for secret in SECRETS):
                yield f"{log.name} has a secret"
