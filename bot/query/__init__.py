"""The query language: parse and print queries, match one paper, explain a match. For people: docs/queries.md."""

from bot.query.document import Document, document
from bot.query.errors import QueryError
from bot.query.evaluate import matches
from bot.query.explain import Mark, explain
from bot.query.syntax import Query, asked_categories, depends_on_numbers, parse

__all__ = ["Document", "Mark", "Query", "QueryError", "asked_categories"]
__all__ += ["depends_on_numbers", "document", "explain", "matches", "parse"]
