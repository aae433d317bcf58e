"""How much one account may ask of the bot."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from bot.limit import Limit
from bot.sections import Telegram


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
