"""Secrets in text that others wrote: the token of a bot is part of every address that is asked for it, and a password
may be part of a server's address."""

import json
import logging
import re
from datetime import UTC, datetime

# A token is the bot's number, a colon and 35 characters: https://core.telegram.org/bots/api#authorizing-your-bot
_TOKEN = re.compile(r"\b[0-9]{5,}(?::|%3[Aa])[A-Za-z0-9_-]{20,}|(?<=bot)[0-9]+(?::|%3[Aa])[A-Za-z0-9_-]+")
# RFC 3986, 3.2.1
_PASSWORD = re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)")
# https://www.postgresql.org/docs/current/libpq-connect.html
_PARAMETER = re.compile(r"([?&](?:ssl)?password=)[^\s&#'\"]+")


def redacted(text: str) -> str:
    """The text without tokens of bots, and without users and passwords in addresses."""
    text = _PARAMETER.sub(r"\1[password]", _TOKEN.sub("[token]", text))
    return _PASSWORD.sub("[user:password]", text)


class RedactingFormatter(logging.Formatter):
    """Formats records, tracebacks too, without such secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class JsonFormatter(logging.Formatter):
    """Formats each record as a JSON object on a line, without such secrets: time (UTC, ISO 8601), level, logger,
    message and, of an error, its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **({"traceback": self.formatException(record.exc_info)} if record.exc_info else {}),
        }
        return json.dumps({name: redacted(value) for name, value in said.items()}, ensure_ascii=False)


def as_logged(text: str, level: int = logging.INFO) -> str:
    """What is said beside the log, as a line of it looks: an object where these are objects, else the text."""
    formatters = [handler.formatter for handler in logging.getLogger().handlers]
    as_json = next((one for one in formatters if isinstance(one, JsonFormatter)), None)
    record = logging.LogRecord("paperwatch", level, "", 0, text, None, None)
    return as_json.format(record) if as_json else text
