"""What stands on a page around its cards: menus, buttons, invitations, pictures; and the headers of a mail."""

import re

INVITATION = re.compile(
    r"(?:(?:new ?)?Get trending papers in your email inbox(?: once a day)?! ?){1,4}(?:Subscribe)? ?"
    r"|(?:Daily Papers ?)?by ?AK ?and the research community ?|Subscribe(?=[A-Z0-9\"“])"
)
_FURNITURE = frozenset(
    "new|subscribe|daily papers|by|ak|and the research community|daily|weekly|monthly|daily/weekly/monthly|"
    "daily weekly monthly|trending papers|trending papers ranked by github stars activity|previous|next|upvote|"
    "hugging face|hugging face's logo|models|datasets|spaces|buckets|docs|community|enterprise|pricing|log in|"
    "sign up|papers|search|system theme|company|tos|privacy|about|careers|website|scholar feed|settings|developers|"
    "skills|privacy policy|load more|show more|collapse|expand|avatar|[|]|&nbsp;".split("|")
) | {"|", "…", "...", "\\", "\\\\"}
_AVATAR = re.compile(r".{1,60}['’]s (?:avatar|picture|profile picture)|!\[\]\(.*|<!--.*", re.IGNORECASE)
_MAIL_HEADER = re.compile(r"(?:From|To|Cc|Bcc|Subject|Date|Sent|Reply-To): .*")
_PAGE_TOP = re.compile(r"Get trending papers|Daily Papers$|by ?AK ?and|and the research community|h-index")


def is_furniture(line: str) -> bool:
    """Does the line belong to the page or the mail, and to no card?"""
    return line.lower() in _FURNITURE or bool(_AVATAR.fullmatch(line) or _MAIL_HEADER.fullmatch(line))


def is_page_top(text: str) -> bool:
    """Is this what stands in the head of a page?"""
    return _PAGE_TOP.match(text) is not None
