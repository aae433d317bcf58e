"""What must be asked of Telegram itself by those who answer: who administers a chat, where a channel is, what is in a
file.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from telegram import Bot
from telegram.error import BadRequest, TelegramError

from bot.chat.heard import File, Place

_ADMIN_FOR = timedelta(seconds=60)  # so long an administrator is taken for one without asking again
_MANY = 10_000  # administrators that are remembered


@dataclass
class TelegramChats:
    """Chats as Telegram knows them."""

    bot: Bot
    clock: Callable[[], datetime]
    _admins: dict[tuple[int, int], datetime] = field(default_factory=dict)

    async def is_admin(self, chat: int, who: int) -> bool:
        known = self._admins.get((chat, who))
        if known and self.clock() - known < _ADMIN_FOR:
            return True
        try:
            member = await self.bot.get_chat_member(chat, who)
        except BadRequest:
            return False  # "member not found", "chat not found"
        except TelegramError:
            raise ValueError("Telegram did not say who administers this chat; please try again") from None
        found = member.status in ("creator", "administrator")
        if len(self._admins) > _MANY:
            self._admins.clear()
        if found:
            self._admins[chat, who] = self.clock()
        return found

    async def find(self, name: str) -> Place:
        try:
            chat = await self.bot.get_chat(name)
        except TelegramError:
            raise ValueError(f"I cannot see {name}; make me an administrator there first") from None
        return Place(chat.id, str(chat.type), 0, chat.title or "")

    async def download(self, file: File) -> bytes:
        try:
            found = await self.bot.get_file(file.id)
            return bytes(await found.download_as_bytearray())
        except TelegramError:
            raise ValueError("the file could not be had from Telegram; please send it again") from None
