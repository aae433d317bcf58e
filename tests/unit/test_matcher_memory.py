"""What the index leaves behind: nothing that only the collector of cycles could free, since that passes over it."""

import gc

from bot.query import parse
from bot.query.matcher import Matcher

QUERIES = (
    "model", '"language model"', "fine tuning", "a OR b", "(graph OR tree) (node OR leaf) -survey", "title:(a OR b)",
    'author:"Sergey Levine"', "diffus*", "=RAG", '="state of the art"', '"sparse attention"~5', '"a-b c"~3', "cat:cs x",
    "x upvotes>=5", "x published:2026-11-01..", '"one two three four five six seven"', "注意力", "x NOT (y OR z)",
)  # fmt: skip


def test_queries_that_come_and_go_leave_nothing_to_the_collector() -> None:
    matcher = Matcher()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for id, text in enumerate(QUERIES):
            matcher.add(id, parse(text))
        for id in range(0, len(QUERIES), 2):
            matcher.remove(id)
        gc.collect()
        assert [left for left in gc.garbage if _is_ours(left)] == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def _is_ours(left: object) -> bool:
    """Functions and objects of the index; pytest's own threads may leave others."""
    modules = (getattr(left, "__module__", None), type(left).__module__)
    return any(isinstance(module, str) and module.startswith("bot.query") for module in modules)
