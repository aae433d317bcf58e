"""Connections to public or named addresses only, checked whenever one is made."""

import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cached_property
from typing import cast

import httpx

from scrapers import addresses
from scrapers.fetch.errors import Forbidden, Unreachable
from scrapers.fetch.urls import host_of

_TRIED_ADDRESSES = 4

Resolve = Callable[[str, int], Awaitable[list[str]]]


class CheckedTransport(httpx.AsyncBaseTransport):
    """Resolves a name once, refuses it unless every address may be used, and connects to just these addresses."""

    def __init__(self, resolve: Resolve, tls: ssl.SSLContext | None) -> None:
        self._resolve, self._tls = resolve, tls

    @cached_property
    def _inner(self) -> httpx.AsyncHTTPTransport:
        once = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        return httpx.AsyncHTTPTransport(verify=self._tls or True, trust_env=False, limits=once)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url, failed = request.url, cast(httpx.TransportError, httpx.ConnectError(""))
        request.extensions = dict(request.extensions) | {"sni_hostname": addresses.normal(host_of(url))}
        for address in (await self._addresses(url, request.extensions["allowed"]))[:_TRIED_ADDRESSES]:
            request.url = url.copy_with(host=address)  # the Host header was made from the name, and stays
            try:
                return await self._inner.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failed = error
        raise failed

    async def _addresses(self, url: httpx.URL, allowed: frozenset[str]) -> list[str]:
        host, found = host_of(url), list[str]()
        if literal := addresses.literal(host):
            found = [str(literal)]
        else:
            with suppress(OSError, UnicodeError):
                found = await self._resolve(host, url.port or addresses.PORTS[url.scheme])
        if not found:
            raise Unreachable(f"{host} has no address: check the name and this machine's network.", sent=False)
        if not addresses.may_use(host, found, allowed):
            raise Forbidden(addresses.private_host(host), sent=False)
        return found

    async def aclose(self) -> None:
        if "_inner" in self.__dict__:  # reading certificates takes 20 ms: not for closing
            await self._inner.aclose()
