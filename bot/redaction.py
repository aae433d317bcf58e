"""Secrets in text that others wrote: the token of a bot is part of every address that is asked for it."""

import logging
import re

# A token is the bot's number, a colon and 35 characters: https://core.telegram.org/bots/api#authorizing-your-bot
_TOKEN = re.compile(r"\b[0-9]{5,}(?::|%3[Aa])[A-Za-z0-9_-]{20,}|(?<=bot)[0-9]+(?::|%3[Aa])[A-Za-z0-9_-]+")


def redacted(text: str) -> str:
    """The text without tokens of bots."""
    return _TOKEN.sub("[token]", text)


class RedactingFormatter(logging.Formatter):
    """Formats records, tracebacks too, without tokens of bots."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))
