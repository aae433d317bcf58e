"""The files that install Paperwatch as a service: each is what its reader takes, and names what there is."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config import Settings, load
from bot.looping import STOP_WITHIN
from bot.run import ROLES

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
Made = Callable[[Mapping[str, str]], Settings]
UNITS = {"paperwatch.service": "paperwatch.service", "paperwatch@.service": "paperwatch@ingest.service"}
EXPOSURE = 15  # tenths, as systemd-analyze counts: 0 is safe, 100 unsafe; what it has is said to be OK below 40

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")


def lines_of(unit: str) -> list[tuple[str, str]]:
    text = (CONFIG / unit).read_text()
    return [(name, value) for name, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)]


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, Path]:
    """The units as they would be on a machine on which the program is there."""
    for unit, name in UNITS.items():
        text = (CONFIG / unit).read_text().replace("/opt/paperwatch/.venv/bin/paperwatch", sys.executable)
        (tmp_path / name).write_text(text)
    return {unit: tmp_path / name for unit, name in UNITS.items()}


@pytest.fixture
def settings_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """The settings that these environment variables make. Raises ConfigError where one is none of ours."""

    def made(environment: Mapping[str, str]) -> Settings:
        for name in [name for name in os.environ if name.startswith("PAPERWATCH_")]:
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        (empty := tmp_path / "empty.toml").write_text("")
        return load(empty)

    return made


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_the_unit_and_finds_it_safe(unit: str, installed: dict[str, Path]) -> None:
    for arguments in (["verify"], ["security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager"]):
        command = ["systemd-analyze", *arguments, str(installed[unit])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-300:] + done.stderr
        assert done.stderr == ""


def test_both_units_are_alike() -> None:
    differing = {"Description", "After", "ExecStart", "Environment"}
    one, other = ([line for line in lines_of(unit) if line[0] not in differing] for unit in UNITS)
    assert one == other


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_lets_messages_end_and_sets_what_there_is(unit: str, settings_with: Made) -> None:
    lines = lines_of(unit)
    assert float(dict(lines)["TimeoutStopSec"]) > STOP_WITHIN
    environment = dict(value.split("=", 1) for name, value in lines if name == "Environment")
    settings_with(environment)


def under(name: str, *, without: list[str]) -> set[str]:
    """The system calls of a group of systemd's, and of those that it is made of."""
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
    found = set[str]()
    for line in listed.stdout.splitlines()[1:]:
        one = line.strip()
        if one.startswith("@"):
            found |= under(one, without=[])
        elif one and not one.startswith("#"):
            found.add(one)
    return found - set().union(*(under(one, without=[]) for one in without))


@needs_systemd
@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not on this machine")
def test_the_program_calls_nothing_that_the_unit_forbids(tmp_path: Path) -> None:
    allowed = under("@system-service", without=["@privileged", "@resources"])
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-qq", "-o", str(trace), sys.executable, "-m", "bot"]
    settings = {
        "HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT),
        "PAPERWATCH_SOURCES__HF__ENABLED": "false", "PAPERWATCH_MONITOR__LISTEN": "127.0.0.1:0",
    }  # fmt: skip
    for arguments in (["run", "--once"], ["backup", "copy"]):
        done = subprocess.run([*command, *arguments], cwd=tmp_path, env=settings, capture_output=True, check=False)
        if b"PTRACE" in done.stderr or b"ptrace" in done.stderr:
            pytest.skip("this machine does not let strace look")
        assert done.returncode == 0, done.stderr
        called = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(errors="replace"), re.MULTILINE))
        assert len(called) > 20
        # Where root runs the program, SQLite gives its files to whom the library belongs.
        assert called - allowed <= ({"fchown"} if os.geteuid() == 0 else set())


# Refuses memory that can be written and run, as MemoryDenyWriteExecute does (Linux 6.3), then becomes the program.
DENIED = """
import ctypes, runpy, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0):
    sys.exit(77)
for name in ("lxml.etree", "css_inline", "pydantic_core", "telegram.ext", "rapidfuzz.fuzz", "psycopg_binary"):
    __import__("psycopg" if name == "psycopg_binary" else name)
sys.argv = ["paperwatch", "demo"]
runpy.run_module("bot", run_name="__main__")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what is tried is a call of Linux")
def test_the_program_bears_memory_that_is_never_written_and_run(tmp_path: Path) -> None:
    settings = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", DENIED]
    done = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip("the kernel of this machine does not know PR_SET_MDWE (Linux 6.3)")
    assert done.returncode == 0, done.stderr


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CONFIG / "compose.yaml").read_text())
    return found


# https://github.com/compose-spec/compose-spec/blob/main/05-services.md, as far as we use it.
SERVICE = set(
    "image build env_file restart stop_grace_period read_only tmpfs cap_drop security_opt depends_on healthcheck"
    " command environment ports volumes".split()
)
CHECK = {"test", "interval", "timeout", "start_period", "retries"}


def test_compose_has_a_service_for_each_role_and_they_wait_for_the_database() -> None:
    found = compose()
    services = found["services"]
    assert {key for key in found if not key.startswith("x-")} == {"name", "services", "volumes"}
    assert set(services) == {*ROLES, "postgres"}
    for name, service in services.items():
        assert set(service) <= SERVICE
        assert set(service["healthcheck"]) <= CHECK
        assert service["healthcheck"]["test"][0] == "CMD"
        if name != "postgres":
            assert service["command"] == ["run", "--role", name]
            assert service["depends_on"] == {"postgres": {"condition": "service_healthy"}}
            assert float(service["stop_grace_period"].removesuffix("s")) > STOP_WITHIN
            assert (CONFIG / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert {volume.split(":")[0] for volume in services["postgres"]["volumes"]} == set(found["volumes"])


def test_compose_sets_what_there_is(settings_with: Made) -> None:
    for name in ROLES:
        service = compose()["services"][name]
        settings = settings_with(service["environment"])
        assert f"http://{settings.monitor.listen}/readyz" in " ".join(service["healthcheck"]["test"])
        assert settings.database_url.startswith("postgresql://")


def test_the_example_of_an_environment_can_be_used(settings_with: Made) -> None:
    lines = re.findall(r"^#?([A-Z_]+)=(.*)$", (CONFIG / "example.env").read_text(), re.MULTILINE)
    assert len(lines) > 5

    settings = settings_with(dict(lines))

    assert settings.telegram.admins == (12345,)
    assert settings.web.base_url == "https://papers.example.org"


def instructions() -> list[tuple[str, str]]:
    """Of the Dockerfile: the word and the rest, of lines that belong together."""
    text = re.sub(r"^\s*#.*\n", "", (CONFIG / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in text.splitlines() if line.strip())]


# https://docs.docker.com/reference/dockerfile/
KNOWN = set(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL ONBUILD RUN SHELL STOPSIGNAL USER VOLUME"
    " WORKDIR".split()
)


def test_the_image_is_made_of_what_is_there() -> None:
    found = instructions()
    assert {word for word, _ in found} <= KNOWN
    assert found[0][0] == "FROM"
    stages = [rest.split(" AS ")[1] for word, rest in found if word == "FROM" and " AS " in rest]
    for sources in (rest.split()[:-1] for word, rest in found if word == "COPY"):
        if sources[0].startswith("--from="):
            assert sources[0].removeprefix("--from=") in stages
        else:
            assert all((ROOT / source).exists() for source in sources), sources
    words = [word for word, _ in found]
    assert words.index("USER") < words.index("ENTRYPOINT")


def test_the_image_sets_what_there_is_and_installs_extras_that_there_are(settings_with: Made) -> None:
    found = instructions()
    environment = [one.split("=", 1) for word, rest in found if word == "ENV" for one in rest.split()]
    settings = settings_with({name: value for name, value in environment if name.startswith("PAPERWATCH_")})
    assert any(f"http://{settings.monitor.listen}/healthz" in rest for word, rest in found if word == "HEALTHCHECK")
    extras = set(re.findall(r"^(\w+) = \[", (ROOT / "pyproject.toml").read_text(), re.MULTILINE))
    (wanted,) = [rest.removeprefix("EXTRAS=") for word, rest in found if word == "ARG"]
    assert set(wanted.split(",")) <= extras
    assert compose()["services"]["ingest"]["build"]["args"]["EXTRAS"] == wanted
