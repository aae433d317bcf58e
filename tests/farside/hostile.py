"""Texts and papers as somebody would write them who wants to do harm, and as the world writes them."""

from datetime import date

from farside.families import FAMILIES, NAMES
from hypothesis import strategies as st

from scrapers.paper import Paper

# Everything that Telegram and mail readers make something of: markup, names, commands, tags, addresses, directions,
# emoji, formulas.
HOSTILE = (
    "<b>bold</b> <a href='https://evil.example'>x</a> </i> & &amp; &lt; < > \" ' <blockquote> </blockquote> <!-- "
    "@someone #tag $TSLA /start@other_bot https://evil.example evil.example mail@evil.example tg://user?id=1 "
    "\u202eabc\u202c \u200b\ufeff \u2066x\u2069 😀👩‍👩‍👧‍👦🏳️‍🌈 é́́ שלום مرحبا 你好 "
    "$\\frac{a}{b}$ $5 \\textbf{x} {0} {n} %s *a* _b_ `c` "
    "cs.CL Node.js ASP.NET 2.0 1.5B U.S. e.g. +1-212-555-0100 4111111111111111 10:30 t.me/joinchat"
).split(" ")
WORDS = st.sampled_from(HOSTILE + [word for family in FAMILIES for word in family])
TEXTS = st.lists(WORDS | st.text(max_size=5), min_size=1, max_size=10).map(" ".join)
LONG = TEXTS.map(lambda text: (text + " ") * 300)
SHORT = TEXTS.map(lambda text: f"T{text}"[:900])
PAPERS_OF = st.builds(
    Paper,
    title=SHORT,
    abstract=st.none() | TEXTS | LONG.map(lambda text: text[:6_000]),
    authors=st.lists(st.sampled_from(NAMES) | SHORT, max_size=6),
    published=st.none() | st.just(date(2026, 11, 19)),
    categories=st.lists(st.sampled_from(["cs.CL", "math.NA", "stat.ML"]), max_size=3).map(tuple),
    upvotes=st.none() | st.integers(0, 10**6),
    stars=st.none() | st.integers(0, 10**6),
    note=st.none() | TEXTS,
    identifiers=st.integers(1, 99_999).map(lambda number: [("arxiv", f"2611.{number:05}")]),
    url=st.none() | st.sampled_from(["https://example.org/a?b=1&c=2", "https://example.org/\"><b>", "https://huggingface.co/papers/2611.00001"]),
    code_url=st.none() | st.just("https://github.com/a/b"),
)  # fmt: skip
