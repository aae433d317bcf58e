"""A person at a browser without JavaScript: opens pages, and presses the buttons of their forms."""

import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import html5lib


@dataclass(frozen=True)
class Page:
    """A page as it came: its address, its status and headers, what can be read on it, and what is in its forms."""

    address: str
    status: int
    headers: dict[str, str]
    body: bytes
    tree: Any = field(repr=False, default=None)

    @property
    def text(self) -> str:
        return " ".join("".join(self.tree.find("body").itertext()).split())

    @property
    def links(self) -> dict[str, str]:
        """Addresses by the words of their links."""
        found = {"".join(one.itertext()).strip(): one.get("href") for one in self.tree.iter("a")}
        return {text: urljoin(self.address, href) for text, href in found.items()}

    def form(self, button: str) -> tuple[str, dict[str, str]]:
        """Where the form with that button goes, and what it sends."""
        for form in self.tree.iter("form"):
            for pressed in form.iter("button"):
                if "".join(pressed.itertext()).strip() == button:
                    filled = dict(_filled(form))
                    if pressed.get("name"):
                        filled[pressed.get("name")] = pressed.get("value", "")
                    return urljoin(self.address, form.get("action") or self.address), filled
        raise AssertionError(f"no button {button!r} on {self.text}")


def _filled(form: Any) -> Any:
    for one in form.iter("input"):
        if one.get("name"):
            yield one.get("name"), one.get("value", "")
    for one in form.iter("textarea"):
        yield one.get("name"), "".join(one.itertext())
    for one in form.iter("select"):
        chosen = [each for each in one.iter("option") if "selected" in each.attrib] or list(one.iter("option"))
        yield one.get("name"), chosen[0].get("value", "")


@dataclass
class Browser:
    """Reaches an installation that calls itself `base` on the port where it listens."""

    base: str
    port: int
    language: str = "en"

    def open(self, address: str, form: dict[str, str] | None = None, **headers: str) -> Page:
        """GET, or POST with a form; where it leads to in the end."""
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        data = urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data, {"Accept-Language": self.language, **headers}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, got, body = answer.status, dict(answer.headers), answer.read()
                path = urlsplit(answer.url).path
        except urllib.error.HTTPError as error:
            with error:
                status, got, body = error.code, dict(error.headers), error.read()
        tree = None
        if "html" in got.get("content-type", ""):
            tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(body.decode())
        return Page(f"{self.base}{path}", status, got, body, tree)

    def press(self, page: Page, button: str, **filled: str) -> Page:
        """Fill in the form that has the button, and press it."""
        address, form = page.form(button)
        assert set(filled) <= set(form), f"no field {set(filled) - set(form)}"
        return self.open(address, form | filled)
