"""Makes docs/manage-*.png: the page on which a reader changes subscriptions, in headless Chromium, light and dark.

Run it with .venv/bin/python docs/pages.py; it needs chromium and the extra `web`.
"""

import os
import re
import runpy
import socket
import subprocess
import sys
import tempfile
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bot.app import make_addresses, opened  # noqa: E402 - the path comes first
from bot.links import MANAGED_FOR  # noqa: E402

MAILS = runpy.run_path(str(ROOT / "docs" / "mails.py"))
ADDRESS = "email:ada@example.org"
SUBSCRIPTIONS = {"llm agents": '"tool use" OR agents', "retrieval": "(RAG OR retrieval) AND NOT survey"}
# Width, height, scale. All of the page is shown, so a phone's picture is long.
PHONE, WIDE = (375, 1650, 2), (760, 1170, 1)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "manage.html"
        page.write_text(managed(folder), encoding="utf-8")
        for name, scheme in MAILS["SCHEMES"].items():
            MAILS["shoot"](str(page), ROOT / "docs" / f"manage-phone-{name}.png", PHONE, scheme)
            MAILS["shoot"](str(page), ROOT / "docs" / f"manage-{name}.png", WIDE, scheme)


def managed(home: str) -> str:
    """The HTML of the page, with a query of it tried, as the running program shows it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {
        "HOME": home, "XDG_DATA_HOME": home, "PAPERWATCH_SOURCES__HF__ENABLED": "false",
        "PAPERWATCH_EMAIL__SMTP_URL": "smtp://127.0.0.1:9", "PAPERWATCH_EMAIL__FROM": "alerts@papers.test",
        "PAPERWATCH_WEB__BASE_URL": f"http://127.0.0.1:{port}", "PAPERWATCH_WEB__LISTEN": f"127.0.0.1:{port}",
    }  # fmt: skip
    os.environ.update(settings)
    run = MAILS["run"]
    run(dict(os.environ), "scrape", "--from", str(MAILS["LISTS"]), "--no-alert")
    for name, query in SUBSCRIPTIONS.items():
        run(dict(os.environ), "subscribe", ADDRESS, query, "--name", name, "--rhythm", "daily", "--yes", "--confirmed")
    run(dict(os.environ), "settings", ADDRESS, "--zone", "Europe/Berlin")
    with opened() as app:
        addresses, now = make_addresses(app, datetime.now(UTC)), datetime.now(UTC)
        assert addresses
        address = addresses.manage(1, now + MANAGED_FOR)
    process = subprocess.Popen([sys.executable, "-m", "bot", "run"], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    try:
        next(line for line in process.stderr if "pages at" in line)
        return tried(address)
    finally:
        process.terminate()
        process.wait()


def tried(address: str) -> str:
    """The page after `Preview` of its second subscription."""
    form = {"id": "2", "do": "preview", "query": SUBSCRIPTIONS["retrieval"], "name": "retrieval", "rhythm": "daily"}
    with urllib.request.urlopen(address, urlencode(form).encode()) as answer:  # noqa: S310 - our own server
        html: str = answer.read().decode()
    return re.sub(r'href="http[^"]*/f/[^"]*"', 'href="#"', html)


if __name__ == "__main__":
    main()
