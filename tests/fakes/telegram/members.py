"""Places in a chat: those of its members, and its topics. https://core.telegram.org/bots/api#chatmember"""

from dataclasses import dataclass, field

from fakes.telegram.model import Json


@dataclass
class Member:
    """Somebody's place in a chat; `rights` are the fields of the Bot API's ChatMember."""

    user: Json
    status: str = "member"
    rights: Json = field(default_factory=dict)

    def json(self) -> Json:
        facts: Json = {"user": self.user, "status": self.status}
        if self.status == "creator":
            return {**facts, "is_anonymous": False, **self.rights}
        if self.status == "administrator":
            return {**facts, "can_be_edited": False, "is_anonymous": False, **_RIGHTS, **self.rights}
        return {**facts, "until_date": 0} if self.status == "kicked" else facts


_RIGHTS = dict.fromkeys(
    """can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members can_promote_members
    can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories""".split(),
    True,
)


@dataclass
class Topic:
    name: str
    thread: int
    closed: bool = False
    deleted: bool = False
