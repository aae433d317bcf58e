"""How much one account may ask of the bot. Whoever asks more is told so once, and then nothing."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Self

from bot.config import Telegram

Verdict = Literal["yes", "told", "no"]


@dataclass
class Limit:
    """At most `most` in any stretch of `within`, for each account."""

    most: int
    within: timedelta
    _times: dict[str, deque[datetime]] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    def ask(self, account: str, now: datetime) -> Verdict:
        """Whether one more is allowed: `yes`; `told`, the first refusal; `no`, another one."""
        times = self._times.setdefault(account, deque())
        while times and times[0] <= now - self.within:
            times.popleft()
        if len(times) < self.most:
            times.append(now)
            self._told.discard(account)
            return "yes"
        verdict: Verdict = "no" if account in self._told else "told"
        self._told.add(account)
        return verdict

    def tidy(self, now: datetime) -> None:
        """Forget the accounts that are quiet."""
        for account in [one for one, times in self._times.items() if not times or times[-1] <= now - self.within]:
            del self._times[account]
            self._told.discard(account)


@dataclass
class Limits:
    """What each account may ask for, as the configuration says."""

    commands: Limit
    groups: Limit
    exports: Limit
    refusals: Limit = field(default_factory=lambda: Limit(1, timedelta(days=1)))
    inline: Limit = field(default_factory=lambda: Limit(60, timedelta(minutes=1)))

    def tidy(self, now: datetime) -> None:
        """Forget the accounts that are quiet."""
        for limit in (self.commands, self.exports, self.refusals, self.inline, self.groups):
            limit.tidy(now)

    @classmethod
    def of(cls, telegram: Telegram) -> Self:
        minute, day = timedelta(minutes=1), timedelta(days=1)
        return cls(
            Limit(telegram.commands, minute), Limit(telegram.group_commands, minute), Limit(telegram.exports, day)
        )
