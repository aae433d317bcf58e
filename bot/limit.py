"""How often one account may ask for something. Whoever asks more is told so once, and then nothing."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

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
