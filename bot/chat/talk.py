"""What those who answer are given: the desk at which they sit, and who says what where."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.chat.heard import File, Place, Who, chat_of
from bot.config import Settings
from bot.language import Language
from bot.store.engine import Engine
from scrapers.crawl import Fetch


class Chats(Protocol):
    """What must be asked of Telegram itself."""

    async def is_admin(self, chat: int, who: int) -> bool:
        """Whether the user administers the chat."""

    async def find(self, name: str) -> Place:
        """The channel or group of that @name or number. Raises ValueError where the bot cannot see it."""

    async def download(self, file: File) -> bytes:
        """The bytes of a document. Raises ValueError."""


@dataclass(frozen=True)
class Desk:
    """What stays the same from message to message: `name` is the bot's, `settings` this installation's."""

    engine: Engine
    settings: Settings
    chats: Chats
    fetch: Fetch
    name: str = ""


@dataclass(frozen=True)
class Talk:
    """One message or tap: who wrote it where (`who` is None where the chat itself speaks), in which language the answer
    is wanted, and which recipient's address it is about. `message` is the number of the message that was tapped on or
    answered; `is_gone`: this chat was disabled."""

    desk: Desk
    place: Place
    who: Who | None
    tr: Language
    now: datetime
    target: str
    message: int = 0
    is_gone: bool = False

    @property
    def engine(self) -> Engine:
        return self.desk.engine

    @property
    def address(self) -> tuple[str, str]:
        """The recipient that it is about."""
        return "telegram", self.target

    @property
    def owner(self) -> tuple[str, str]:
        """Who owns that recipient: the user, or the group or channel itself."""
        return "telegram", str(chat_of(self.target))

    @property
    def account(self) -> str:
        """Who speaks."""
        return str(self.who.id if self.who else self.place.chat)

    @property
    def me(self) -> tuple[str, str]:
        """The speaker as a person, who has bookmarks."""
        return "telegram", self.account

    @property
    def is_admin(self) -> bool:
        """Whether the speaker administers this installation."""
        return self.who is not None and self.who.id in self.desk.settings.telegram.admins

    def about(self, target: str) -> "Talk":
        """The same about another recipient."""
        return replace(self, target=target)

    def in_language(self, tr: Language) -> "Talk":
        """The same in another language."""
        return replace(self, tr=tr)
