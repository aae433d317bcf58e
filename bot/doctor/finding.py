"""What a check found; and that a check which breaks is a finding too, and the others go on."""

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from bot.redaction import redacted
from bot.store.engine import StoreError

log = logging.getLogger(__name__)

_SHORT = 6  # letters: what is shorter than that stands in many words that are no secret


@dataclass(frozen=True)
class Finding:
    """What was checked, how it is, a sentence that says so, and what to do; empty where there is nothing to do."""

    what: str
    state: Literal["ok", "warning", "failure"]
    says: str
    advice: str = ""


def ok(what: str, says: str, advice: str = "") -> Finding:
    """All is well."""
    return Finding(what, "ok", says, advice)


def warning(what: str, says: str, advice: str) -> Finding:
    """It works, or may work, and could be better."""
    return Finding(what, "warning", says, advice)


def failure(what: str, says: str, advice: str) -> Finding:
    """It does not work, or is not safe."""
    return Finding(what, "failure", says, advice)


def told(what: str, sentence: str, advice: str = "") -> Finding:
    """A failure told in one sentence, with what to do behind a semicolon, or else this advice."""
    says, _, own = sentence.partition("; ")
    return failure(what, says, own or advice)


def examined(what: str, check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """What the check finds; if it breaks, what it found until then, and that it broke."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except Exception as error:  # noqa: BLE001 - the other checks are still wanted, above all where something is wrong
        found.append(_broken(what, error))
    return found


async def examining(what: str, check: Awaitable[Iterable[Finding]]) -> list[Finding]:
    """The same, of a check that takes time."""
    try:
        return list(await check)
    except Exception as error:  # noqa: BLE001 - see above
        return [_broken(what, error)]


def _broken(what: str, error: Exception) -> Finding:
    if isinstance(error, StoreError):
        return told(what, str(error))
    log.debug("the check of %s broke", what, exc_info=error)
    text = " ".join([f"{type(error).__name__}:", *str(error).splitlines()[:1]])
    return failure(what, f"this check broke ({text})", "run paperwatch --debug doctor, and report what it shows")


def without(secrets: Collection[str], finding: Finding) -> Finding:
    """The finding without these secrets, whoever wrote them into it, and without what could steer a terminal."""

    def clean(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, "[secret]") if len(secret) >= _SHORT else text
        return "".join(char if char.isprintable() or char == "\n" else " " for char in redacted(text))

    return replace(finding, says=clean(finding.says), advice=clean(finding.advice))
