"""A page: a template filled in, sent so that a browser does nothing with it but show it."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot import wording
from bot.language import Language
from bot.models import RHYTHMS
from bot.web.visit import Visit

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_YEAR = 31_536_000

Button = tuple[str, str, str]  # value, text, class
Link = tuple[str, str]  # text, address


def page(visit: Visit, template: str, status: int = 200, **values: object) -> Response:
    """A template with these values."""
    known = {"tr": visit.tr, "root": root(visit), "form": {}, **values}
    return answer(visit, _templates().get_template(f"web/{template}.html").render(known), status)


def said(
    visit: Visit, title: str, *lines: str, status: int = 200, queries: Sequence[str] = (),
    buttons: Sequence[Button] = (), links: Sequence[Link] = (),
) -> Response:  # fmt: skip
    """A page of a title, sentences, queries, buttons and links."""
    return page(visit, "said", status, title=title, lines=lines, queries=queries, buttons=buttons, links=links)


def answer(visit: Visit, html: str, status: int = 200) -> Response:
    """The page with its headers."""
    return HTMLResponse(html, status, headers=headers(visit.web.base, html))


def headers(base: str, html: str = "") -> dict[str, str]:
    """What keeps a page from running anything, being framed, kept or indexed, and from telling where its reader comes
    from: addresses hold tokens. See https://owasp.org/www-project-secure-headers/."""
    styles = " ".join(f"'sha256-{_digest(style)}'" for style in _STYLE.findall(html)) or "'none'"
    policy = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; style-src"
    secure = {"Strict-Transport-Security": f"max-age={_YEAR}"} if base.startswith("https:") else {}
    return {
        "Content-Security-Policy": f"{policy} {styles}",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "interest-cohort=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
        **secure,
    }


def _digest(style: str) -> str:
    return b64encode(hashlib.sha256(style.encode()).digest()).decode()


def to(visit: Visit, address: str) -> Response:
    """Go on there, by GET."""
    return RedirectResponse(address, 303, headers(visit.web.base))


def root(visit: Visit) -> str:
    """The path that all pages are below."""
    return urlsplit(visit.web.base).path


def damaged(visit: Visit) -> Response:
    """What a link shows that is not one of ours."""
    tr = visit.tr
    return said(
        visit,
        tr("This link is damaged"),
        tr("Perhaps it was cut when it was copied: take the whole address from the mail."),
        links=[(tr("Get a link to your subscriptions"), f"{root(visit)}/link")],
        status=404,
    )


@cache
def _templates() -> Environment:
    loader = PackageLoader("bot", "templates")
    templates = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    templates.globals["rhythms"] = _rhythms
    return templates


def _rhythms(tr: Language) -> list[tuple[str, str]]:
    return [(name, wording.rhythm(tr, name)) for name in RHYTHMS]
