"""Secrets in text that others wrote are not shown."""

import pytest

from bot.redaction import redacted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at smtps://ada:pass%2Fword@mail.test:465 and", "at smtps://[user:password]@mail.test:465 and"),
        ("postgresql+psycopg://ada:x@db/papers", "postgresql+psycopg://[user:password]@db/papers"),
        ("at postgresql://db/papers?password=a,b&sslmode=x", "at postgresql://db/papers?password=[password]&sslmode=x"),
        (
            "https://api.telegram.org/bot123456789:AAF-an-invented-token-of-a-bot/x",
            "https://api.telegram.org/bot[token]/x",
        ),
        ("https://e.test/a:b@c http://e.test:80/ 10:30", "https://e.test/a:b@c http://e.test:80/ 10:30"),
    ],
)
def test_tokens_and_passwords_are_left_out(text: str, shown: str) -> None:
    assert redacted(text) == shown
