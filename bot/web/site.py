"""All pages, by their addresses, as an application for a web server (ASGI)."""

import asyncio
import unicodedata
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router

from bot.limit import Limit
from bot.store.engine import DatabaseError, reading
from bot.web import joining, leaving, managing, papers
from bot.web.page import headers, said
from bot.web.visit import Visit, Web, client_of, spoken

Page = Callable[[Visit], Response]

_BODY = 64_000  # bytes of a form; a query has 1,000 characters
_FIELDS = 50
# What one client may ask for by pages that anybody can open.
_ASKS, _WITHIN = 30, timedelta(minutes=10)
_WAITING = 8  # searches that are done or waited for at once


def site(web: Web) -> Starlette:
    """The application, below the path of the installation's address."""
    limit, desk = Limit(_ASKS, _WITHIN), _Desk()

    def route(path: str, see: Page, do: Page | None = None, *, limited: bool = False, searches: bool = False) -> Route:
        """A page that is seen by GET, and does something by POST."""
        methods = ["GET", "POST"] if do else ["GET"]
        ways = _Ways(see, do or see, limit if limited else None, searches=searches)
        return Route(path, _endpoint(web, ways, desk), methods=methods)

    routes = [
        route("/", joining.home),
        route("/subscribe", joining.home, joining.ask, limited=True),
        route("/link", joining.link, joining.mail_link, limited=True),
        route("/confirm/{token}", joining.confirmation, joining.confirm),
        route("/u/{token}", leaving.question, leaving.act),
        route("/m/{token}", managing.show, managing.change),
        route("/m/{token}/export", managing.export),
        route("/f/{token}", papers.feed, searches=True),
        route("/d/{token}", papers.kept_digest),
        Route("/healthz", _health(web)),
    ]
    # An address with a slash too many is none: to lead on from it would be an answer without our headers.
    path, below = unquote(urlsplit(web.base).path), Router(routes, redirect_slashes=False)
    site = Starlette(
        routes=[route(path, joining.home), Mount(path, below)] if path else routes,
        exception_handlers={HTTPException: _refused(web), Exception: _failed(web)},
    )
    site.router.redirect_slashes = False
    return site


@dataclass(frozen=True)
class _Ways:
    """How a page is answered: seen by GET, and done by POST, which may be limited; `searches`: it looks into the whole
    library."""

    see: Page
    do: Page
    limit: Limit | None
    searches: bool


@dataclass
class _Desk:
    """Threads that search for visitors, apart from those that send alerts and unsubscribe: a query of 64 words takes
    seconds. Who comes when many wait is asked to come again."""

    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, "search"))
    waiting: int = 0

    async def answer(self, page: Page, visit: Visit) -> Response:
        if self.waiting >= _WAITING:
            return _busy(visit)
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, page, visit)
        finally:
            self.waiting -= 1


def _endpoint(web: Web, ways: _Ways, desk: _Desk) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        visit, does = await _visit(web, request), request.method == "POST"
        if does and ways.limit:
            ways.limit.tidy(visit.now)
            if ways.limit.ask(visit.client, visit.now) != "yes":
                return _too_much(visit)
        page = ways.do if does else ways.see
        if ways.searches or visit.form.get("do") == "preview":
            return await desk.answer(page, visit)
        return await asyncio.to_thread(page, visit)

    return answer


async def _visit(web: Web, request: Request) -> Visit:
    form = await _form(request) if request.method == "POST" else {}
    return Visit(
        web=web,
        client=client_of(request.client.host if request.client else None),
        tr=spoken(request.headers.get("accept-language", "")),
        now=web.clock(),
        token=request.path_params.get("token", ""),
        form=_readable(form),
        asked=_readable(request.query_params),
        known=request.headers.get("if-none-match", ""),
    )


async def _form(request: Request) -> dict[str, str]:
    """What was filled in. A mail reader that unsubscribes may send a form of another kind, without what we need."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _BODY:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    try:
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        raise HTTPException(400) from None


def _readable(fields: Mapping[str, str]) -> dict[str, str]:
    """What was filled in, without control characters: PostgreSQL takes no NUL, and nobody can type one."""
    return {name: "".join(filter(_is_typed, text)) for name, text in fields.items()}


def _is_typed(char: str) -> bool:
    return char in "\t\r\n" or unicodedata.category(char) not in ("Cc", "Cs")


def _too_much(visit: Visit) -> Response:
    return said(visit, visit.tr("That is too much at once"), visit.tr("Please try again in ten minutes."), status=429)


def _busy(visit: Visit) -> Response:
    tr = visit.tr
    return said(visit, tr("Many people are searching now"), tr("Please try again in a minute."), status=503)


def _refused(web: Web) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        visit = _stranger(web, request)
        tr, known = visit.tr, error if isinstance(error, HTTPException) else HTTPException(500)
        if known.status_code == 404:
            return said(visit, tr("There is no such page"), status=404)
        lines = [tr("Something was sent that this page does not take.")]
        page = said(visit, tr("That did not work"), *lines, status=known.status_code)
        page.headers.update(known.headers or {})  # the methods that it has: RFC 9110, 15.5.6
        return page

    return answer


def _failed(web: Web) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, _error: Exception) -> Response:
        visit = _stranger(web, request)
        return said(visit, visit.tr("Something went wrong here; please try again later."), status=500)

    return answer


def _stranger(web: Web, request: Request) -> Visit:
    """A visit of which nothing is known but its language."""
    return Visit(web, "", spoken(request.headers.get("accept-language", "")), web.clock(), "", {}, {})


def _health(web: Web) -> Callable[[Request], object]:
    """Whether the database answers."""

    def ask() -> None:
        with reading(web.engine) as session:
            session.connection()

    async def answer(_request: Request) -> Response:
        try:
            await asyncio.to_thread(ask)
        except DatabaseError:
            return PlainTextResponse("the database does not answer\n", 503, headers(web.base))
        return PlainTextResponse("ok\n", headers=headers(web.base))

    return answer
