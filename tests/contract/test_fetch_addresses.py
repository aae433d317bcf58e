"""Which addresses the fetcher asks, and where it lets itself be sent."""

import socket
from pathlib import Path

import httpx
import pytest
from farside import certificate
from farside.fetching import LOOPBACK, SECRET, fetcher, get, names, post
from farside.site import Site, redirect

from scrapers import addresses
from scrapers.fetch import BadRedirect, Forbidden, Unreachable, check_address
from scrapers.request import Request

# --- addresses

PRIVATE = """
    127.0.0.1 127.1 127.255.255.254 0x7f.1 0x7f000001 2130706433 017700000001 0 0.0.0.0 10.0.0.1 172.16.0.1
    172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 100.127.255.255 192.0.0.8 192.0.2.1 192.88.99.1 198.18.0.1
    198.51.100.1 203.0.113.9 224.0.0.1 239.1.2.3 240.0.0.1 255.255.255.255 localhost LOCALHOST localhost. a.localhost
    [::] [::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:10.0.0.1] [::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::808:808]
    [64:ff9b:1::a00:1] [2002:7f00:1::] [2002:808:808::] [2001::1] [2001:0:7f00:1::] [2001:db8::1] [3fff::1] [fc00::1]
    [fd12:3456::1] [fe80::1] [fec0::1] [ff02::1] [ff0e::1] [100::1] [5f00::1]
""".split()
PUBLIC = (
    "1.1.1.1 8.8.8.8 134744072 0x8.0x8.0x8.0x8 [2606:4700:4700::1111] [2001:4860:4860::8888] [::ffff:8.8.8.8]".split()
)


@pytest.mark.parametrize("host", PRIVATE)
async def test_private_addresses_are_refused_and_can_be_named(host: str) -> None:
    url = f"http://{host}/"
    with pytest.raises(Forbidden, match=r"private address.*network\.allow_private = \[\".+\"\] in paperwatch\.toml"):
        check_address(url)
    with pytest.raises(Forbidden, match="PAPERWATCH_NETWORK__ALLOW_PRIVATE='") as caught:
        await get(url, allow_private=frozenset())
    assert caught.value.sent is False
    check_address(url, frozenset({host.upper()}))
    check_address(f"http://{host}:8080/", frozenset({host}))


@pytest.mark.parametrize("host", [*PUBLIC, "arxiv.org", "xn--bcher-kva.example", "bücher.example", "a.b-c.example."])
def test_public_addresses_pass(host: str) -> None:
    check_address(f"https://{host}/hook?token=1")
    check_address(f"http://{host}:443/")


def test_one_address_can_be_named_by_any_spelling() -> None:
    for host in ("127.0.0.1", "127.1", "0x7f.1", "2130706433"):
        check_address(f"http://{host}:1/", frozenset({"2130706433"}))
    check_address("http://[0:0::1]/", frozenset({"[::1]"}))
    with pytest.raises(Forbidden):
        check_address("http://127.0.0.2/", LOOPBACK)
    with pytest.raises(Forbidden):
        check_address("http://localhost/", LOOPBACK)


BAD = [
    "", "arxiv.org", "//arxiv.org/", "/path", "http:", "http://", "http:///x", "http://:80/", "http://?x", "https://#x",
    "ftp://arxiv.org/", "file:///etc/passwd", "javascript:alert(1)", "gopher://arxiv.org/", "data:text/plain,x", "ws://a.org/",
    "http://user@arxiv.org/", "http://user:s3cret@arxiv.org/", "http://arxiv.org@127.0.0.1/", "http://good\\@arxiv.org/",
    "http://:s3cret@arxiv.org/", "http://arxiv.org:22/", "http://arxiv.org:8080/", "https://arxiv.org:99999/",
    "http://arxiv.org:0/", "http://arxiv.org:-1/", "http://arxiv.org:s3cret/", "http://arxiv.org:80:80/",
    "http://[::1/", "http://[zz]/", "http://[fe80::1%25eth0]/", "http://127.0.0.01/", "http://0177.0.0.1/",
    "http://1.2.3.4.5.6/\x00", "http://999.1.1.1/",
    "http://a\nb/", "http://a\x00b/", "http://\udc80/", "http://" + "a" * 300 + ".org/", "http://a/" + "b" * 70_000,
    "http://１２７.0.0.1/", "http://127。0。0。1/", " http://arxiv.org/", "http://-\u0378-/",
]  # fmt: skip


@pytest.mark.parametrize("url", BAD, ids=range(len(BAD)))
async def test_bad_addresses(url: str) -> None:
    with pytest.raises(Forbidden, match=r"^[A-Z[a-z0-9].{20,}\.$") as caught:
        check_address(url)
    assert SECRET not in str(caught.value)
    for refused in (get(url, allow_private=frozenset()), post(url, allow_private=frozenset())):
        with pytest.raises(Forbidden) as caught:
            await refused
        assert (caught.value.sent, SECRET in str(caught.value)) == (False, False)


@pytest.mark.parametrize(
    "host", ["ex ample.org", "a..b", "...", "xn--zzzzz.org", "a" * 64 + ".org", "%31.org", "*", "a_b"]
)
async def test_names_that_cannot_be_looked_up(host: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        host.encode("idna")
        raise socket.gaierror("no such name")

    with pytest.raises((Unreachable, Forbidden)) as caught:
        await get(f"http://{host}/", resolve=resolve)
    assert caught.value.sent is False


@pytest.mark.parametrize(
    "found", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["8.8.8.8", "fe80::1%2"], ["64:ff9b::7f00:1"]]
)
async def test_names_need_public_addresses_only(found: list[str]) -> None:
    resolve = names({"papers.test": found})
    for request in (get("http://papers.test/", resolve=resolve), post("https://papers.test/", resolve=resolve)):
        with pytest.raises(Forbidden, match=r'papers\.test is at a private address.*\["papers\.test"\]') as caught:
            await request
        assert caught.value.sent is False


async def test_the_checked_address_is_the_one_that_is_used(site: Site) -> None:
    site.route("/a", (200, {}, b"there"))
    resolve = names({"papers.test": ["127.0.0.1"]})
    named = frozenset({"Papers.test"})
    answer = await get(site.url("/a", host="papers.test"), resolve=resolve, allow_private=named)
    assert (answer.url, answer.body) == (site.url("/a", host="papers.test"), b"there")
    assert site.seen[0].headers["host"] == f"papers.test:{site.port}"
    assert resolve.asked == ["papers.test"]  # type: ignore[attr-defined]


async def test_a_name_is_looked_up_anew_for_each_request(site: Site) -> None:
    site.route("/", (200, {}, b"there"))
    table = {"papers.test": ["127.0.0.1"]}
    async with fetcher(resolve=names(table), allow_private=frozenset({"papers.test"})) as web:
        await web.get(Request(site.url("/", host="papers.test")))
        table["papers.test"] = []
        with pytest.raises(Unreachable):
            await web.get(Request(site.url("/", host="papers.test")))


async def test_the_next_address_is_tried(site: Site) -> None:
    site.route("/", (200, {}, b"there"))
    resolve = names({"papers.test": ["127.0.0.2", "127.0.0.1"]})
    answer = await get(site.url("/", host="papers.test"), resolve=resolve, allow_private=frozenset({"papers.test"}))
    assert answer.body == b"there"


async def test_the_certificate_is_that_of_the_name(tmp_path: Path) -> None:
    resolve = names({"papers.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]})
    named = frozenset({"papers.test", "other.test"})
    with Site(tls=certificate.server_side(tmp_path)) as site:
        site.route("/", (200, {}, b"there"))
        async with fetcher(resolve=resolve, allow_private=named, tls=certificate.client_side()) as web:
            assert (await web.get(Request(site.url("/", host="papers.test")))).body == b"there"
            with pytest.raises(Unreachable, match="certificate is not valid") as caught:
                await web.get(Request(site.url("/", host="other.test")))
        assert caught.value.sent is False
        with pytest.raises(Unreachable, match="certificate is not valid"):
            await get(site.url("/", host="papers.test"), resolve=resolve, allow_private=named)


async def test_the_systems_resolver() -> None:
    assert "127.0.0.1" in await addresses.resolve("localhost", 80)
    with pytest.raises(UnicodeError):
        await addresses.resolve("a" * 64 + ".org", 80)


# --- redirects


async def test_five_redirects_are_followed_and_no_more(site: Site) -> None:
    for hop in range(5):
        site.route(f"/{hop}", redirect(f"{hop + 1}", status=(301, 302, 303, 307, 308)[hop]))
    site.route("/5", (200, {}, b"there"))
    assert (await get(site.url("/0"))).body == b"there"
    site.route("/5", redirect("/6"))
    with pytest.raises(BadRedirect, match="more than 5 times"):
        await get(site.url("/0"))
    assert "/6" not in site.paths()


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.2:{port}/inner", "http://localhost:{port}/inner", "http://[::1]:{port}/inner",
        "http://169.254.169.254/latest/meta-data/", "//10.0.0.1/", "http://other.test:{port}/inner", "file:///etc/passwd",
        "http://inner.test/", "http://user:pw@127.0.0.1:{port}/inner", "http://[zz]/", "http://arxiv.org:6379/",
    ],
)  # fmt: skip
async def test_redirects_to_other_private_places_are_refused(site: Site, to: str) -> None:
    site.route("/", redirect(to.format(port=site.port)))
    resolve = names({"other.test": ["127.0.0.1"], "inner.test": ["127.0.0.1"]})
    with pytest.raises(Forbidden):
        await get(site.url("/"), resolve=resolve, allow_private=LOOPBACK | {"localhost", "other.test"})
    assert site.paths() == ["/"]


async def test_a_public_site_cannot_redirect_to_a_named_private_host() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(302, headers={"Location": "http://127.0.0.1/"}))
    with pytest.raises(Forbidden, match=r"^https://papers\.test redirects to a private or unusable address: .*\.$"):
        await get("https://papers.test/", transport=transport)
