"""The pages in headless Chromium: styled in light and dark although nothing may run, and nothing is refused."""

import shutil
import socket
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest
from farside.program import Forked

CHROMIUM = shutil.which("chromium")
PROGRAM = Forked
# As bot/templates/web/style.css has them: --page.
PAGE = {"light": (0xFD, 0xFD, 0xFC), "dark": (0x16, 0x19, 0x1C)}
SCHEMES = {"dark": 0, "light": 1}  # blink::mojom::PreferredColorScheme

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here")


@pytest.fixture
def base(program: Any) -> Any:
    """Where the pages of a running program are."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program.env |= {
        "PAPERWATCH_SOURCES__HF__ENABLED": "false",
        "PAPERWATCH_EMAIL__SMTP_URL": "smtp://127.0.0.1:1",
        "PAPERWATCH_EMAIL__FROM": "alerts@papers.test",
        "PAPERWATCH_WEB__BASE_URL": f"http://127.0.0.1:{port}/papers",
        "PAPERWATCH_WEB__LISTEN": f"127.0.0.1:{port}",
    }
    process = program.start("run")
    next(line for line in process.stderr if "pages at" in line)
    return f"http://127.0.0.1:{port}/papers"


def shot(address: str, folder: Path, scheme: str, width: int) -> tuple[bytes, str]:
    """The page as a picture (PNG), and what the browser says of it."""
    picture = folder / f"{scheme}.png"
    done = subprocess.run(
        [CHROMIUM or "", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr",
         f"--user-data-dir={folder / 'browser'}", f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
         f"--window-size={width},800", f"--screenshot={picture}", address],
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return picture.read_bytes(), done.stderr


def first_pixel(png: bytes) -> tuple[int, ...]:
    """The colour of the upper left corner (https://www.w3.org/TR/png-3/: there, every filter leaves it as it is)."""
    at, data = 8, b""
    while at < len(png):
        length, kind = int.from_bytes(png[at : at + 4]), png[at + 4 : at + 8]
        data += png[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    return tuple(zlib.decompress(data)[1:4])


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 375)])
def test_a_page_is_styled_without_a_complaint(base: str, tmp_path: Path, scheme: str, width: int) -> None:
    png, said = shot(f"{base}/", tmp_path, scheme, width)

    assert first_pixel(png) == PAGE[scheme]
    assert "Content Security Policy" not in said
    assert "CONSOLE" not in said
