"""All pages, by their addresses, as an application for a web server (ASGI)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from bot.limit import Limit
from bot.store.engine import DatabaseError, reading
from bot.web import joining, leaving, managing, papers
from bot.web.page import said
from bot.web.visit import Visit, Web, client_of, spoken

Page = Callable[[Visit], Response]

_BODY = 64_000  # bytes of a form; a query has 1,000 characters
_FIELDS = 50
# What one client may ask for by pages that anybody can open.
_ASKS, _WITHIN = 30, timedelta(minutes=10)


def site(web: Web) -> Starlette:
    """The application, below the path of the installation's address."""
    limit = Limit(_ASKS, _WITHIN)

    def route(path: str, see: Page | None, do: Page | None = None, *, limited: bool = False) -> list[BaseRoute]:
        """A page that is seen by GET, and does something by POST."""
        shown = [Route(path, _endpoint(web, see, None), methods=["GET"])] if see else []
        done = [Route(path, _endpoint(web, do, limit if limited else None), methods=["POST"])] if do else []
        return [*shown, *done]

    routes = [
        *route("/", joining.home),
        *route("/subscribe", joining.home, joining.ask, limited=True),
        *route("/link", joining.link, joining.mail_link, limited=True),
        *route("/confirm/{token}", joining.confirmation, joining.confirm),
        *route("/u/{token}", leaving.question, leaving.act),
        *route("/m/{token}", managing.show, managing.change),
        *route("/m/{token}/export", managing.export),
        *route("/f/{token}", papers.feed),
        *route("/d/{token}", papers.kept_digest),
        Route("/healthz", _health(web)),
    ]
    path = urlsplit(web.base).path
    return Starlette(
        routes=[Mount(path, routes=routes)] if path else routes,
        exception_handlers={HTTPException: _refused(web), Exception: _failed(web)},
    )


def _endpoint(web: Web, page: Page, limit: Limit | None) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        visit = await _visit(web, request)
        if limit and limit.ask(visit.client, visit.now) != "yes":
            limit.tidy(visit.now)
            return _too_much(visit)
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
        form=form,
        asked=dict(request.query_params),
        known=request.headers.get("if-none-match", ""),
    )


async def _form(request: Request) -> dict[str, str]:
    """What was filled in. A mail reader that unsubscribes may send a form of another kind, without what we need."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY:
            raise HTTPException(413)
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    try:
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        raise HTTPException(400) from None


def _too_much(visit: Visit) -> Response:
    return said(visit, visit.tr("That is too much at once"), visit.tr("Please try again in ten minutes."), status=429)


def _refused(web: Web) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        visit = _stranger(web, request)
        tr, status = visit.tr, error.status_code if isinstance(error, HTTPException) else 500
        if status == 404:
            return said(visit, tr("There is no such page"), status=404)
        lines = [tr("Something was sent that this page does not take.")]
        return said(visit, tr("That did not work"), *lines, status=status)

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
            return PlainTextResponse("the database does not answer\n", 503)
        return PlainTextResponse("ok\n")

    return answer
