"""Makes docs/mail-*.png: a digest of the demo's invented day as a mail, in headless Chromium, light and dark.

Run it with .venv/bin/python docs/mails.py; it needs chromium.
"""

import email
import email.policy
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LISTS = ROOT / "bot" / "demo.json"
SUBSCRIPTIONS = {"llm agents": '"tool use" OR agents', "retrieval": "(RAG OR retrieval) AND NOT survey"}
PHONE, WIDE = (375, 1000, 2), (760, 1290, 1)  # width, height, scale
SCHEMES = {"dark": 0, "light": 1}  # https://chromium.googlesource.com/chromium/src: blink::mojom::PreferredColorScheme


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mail.html").write_text(digest(folder), encoding="utf-8")
        for name, scheme in SCHEMES.items():
            shoot(f"{folder}/mail.html", ROOT / "docs" / f"mail-phone-{name}.png", PHONE, scheme)
            shoot(f"{folder}/mail.html", ROOT / "docs" / f"mail-{name}.png", WIDE, scheme)


def digest(home: str) -> str:
    """The HTML of the mail that the program would send."""
    env = {**os.environ, "HOME": home, "XDG_DATA_HOME": home, "PAPERWATCH_SOURCES__HF__ENABLED": "false"}
    env["PAPERWATCH_WEB__BASE_URL"] = "https://papers.example.org"
    for name, query in SUBSCRIPTIONS.items():
        run(env, "subscribe", "console:", query, "--name", name, "--rhythm", "daily", "--yes")
    run(env, "scrape", "--from", str(LISTS), "--alert")
    message = email.message_from_bytes(run(env, "digest", "console:", "--format", "mail"), policy=email.policy.default)
    return message.get_body(("html",)).get_content()


def run(env: dict[str, str], *arguments: str) -> bytes:
    command = [sys.executable, "-m", "bot", *arguments]
    return subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True).stdout


def shoot(path: str, target: Path, size: tuple[int, int, int], scheme: int) -> None:
    """The page as a picture."""
    subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", f"--force-device-scale-factor={size[2]}",
         f"--blink-settings=preferredColorScheme={scheme}", f"--window-size={size[0]},{size[1]}",
         f"--screenshot={target}", f"file://{path}"],
        check=True, capture_output=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
