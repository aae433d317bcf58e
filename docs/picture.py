"""Makes docs/demo.svg: what `paperwatch demo` prints on a terminal. Run it with .venv/bin/python docs/picture.py."""

import os
import pty
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 104
TARGET = Path(__file__).with_name("demo.svg")


def printed(*command: str) -> str:
    """What a command prints on a terminal of that width, with its colours."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(COLUMNS=str(WIDTH), TERM="xterm-256color", COLORTERM="truecolor")
        os.execv(command[0], command)
    output = bytearray()
    while chunk := _read(terminal):
        output += chunk
    os.waitpid(process, 0)
    return output.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux's way to say that the other side has closed the terminal
        return b""


def main() -> None:
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(Text("$ ./paperwatch demo", style="bold"))
        console.print(Text.from_ansi(printed(sys.executable, "-m", "bot", "demo")))
        svg = console.export_svg(title="paperwatch demo", unique_id="demo")
    # The picture brings no fonts along from elsewhere; every system has a monospaced one.
    TARGET.write_text(re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL))


if __name__ == "__main__":
    main()
