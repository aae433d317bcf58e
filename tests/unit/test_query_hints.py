"""What is proposed instead of a query with an open bracket or quote is a query."""

import pytest

from bot.query import QueryError, parse


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('tool AND (agent "x', 'tool AND (agent "x")'),
        ("((a OR b", "((a OR b))"),
        ('("a(" OR "x', '("a(" OR "x")'),
        ("x AND (", None),
        ("(a AND", None),
        ('a ("', None),
    ],
)
def test_an_open_end_is_closed_where_that_gives_a_query(text: str, hint: str | None) -> None:
    with pytest.raises(QueryError, match="never closed") as mistake:
        parse(text)

    assert mistake.value.hint == hint
    assert hint is None or parse(hint)


def test_what_a_terminal_would_obey_is_not_shown() -> None:
    with pytest.raises(QueryError) as mistake:
        parse('"a\x1b[31mb')

    assert str(mistake.value) == 'This quote is never closed. Did you mean: "a [31mb"\n  "a [31mb\n  ^'
