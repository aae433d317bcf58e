"""BibTeX, RIS and CSL-JSON: exactly what is written, and that other programs read it."""

import json
import re
from datetime import date

import bibtexparser
import pytest
import rispy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.export import bibtex, csl_json, ris
from scrapers.paper import Paper
from scrapers.text import plain

PREPRINT = Paper(
    title="Tide Tables for Transformers",
    abstract="Old but found – again.",
    authors=("Vera Stahl", "Émile Fontanet"),
    authors_count=9,
    published=date(2025, 4, 1),
    categories=("cs.CL", "stat.ML"),
    identifiers=[("arxiv", "2504.99891")],
    url="https://listing.example/2504.99891",
)
ARTICLE = Paper(
    title="On the Sea",
    authors=("van der Wal, Jan", "Ann O'Hara-Brown Jr.", "Tidepool Team"),
    published=date(2019, 12, 31),
    identifiers=[("doi", "10.5555/Sea_(1)<2>"), ("arxiv", "math/0611800")],
)
HOSTILE = Paper(
    title=r"100% of R&D_{#1}: ~$O(n^2)$ Schr\"odinger^\ours Costs $5 \\ or $10, \textbf{Łódź} 深度学习",
    authors=("王小明", "L. van der Maaten", "Alice and Bob", "B}ad {Name"),
    url="https://paper.example/a_b%20{c}",
)


def test_bibtex_of_a_preprint() -> None:
    assert bibtex([PREPRINT]) == (
        "@misc{stahl2025tide,\n"
        "  title = {{Tide Tables for Transformers}},\n"
        "  author = {Stahl, Vera and Fontanet, Émile and others},\n"
        "  year = {2025},\n"
        "  month = apr,\n"
        "  eprint = {2504.99891},\n"
        "  archivePrefix = {arXiv},\n"
        "  primaryClass = {cs.CL},\n"
        "  doi = {10.48550/arXiv.2504.99891},\n"
        "  url = {https://arxiv.org/abs/2504.99891},\n"
        "  abstract = {Old but found – again.},\n"
        "}\n"
    )


def test_bibtex_of_an_article() -> None:
    assert bibtex([ARTICLE]) == (
        "@article{vanderwal2019sea,\n"
        "  title = {{On the Sea}},\n"
        "  author = {van der Wal, Jan and O'Hara-Brown, Jr., Ann and {Tidepool Team}},\n"
        "  year = {2019},\n"
        "  month = dec,\n"
        "  eprint = {math/0611800},\n"
        "  archivePrefix = {arXiv},\n"
        "  doi = {10.5555/sea_(1)<2>},\n"
        "  url = {https://arxiv.org/abs/math/0611800},\n"
        "}\n"
    )


def test_bibtex_of_hostile_characters() -> None:
    assert bibtex([HOSTILE]) == (
        "@misc{anonymous100,\n"
        r"  title = {{100\% of R\&D\_\textbraceleft{}\#1\textbraceright{}: \textasciitilde{}$O(n^2)$"
        r" Schrödinger\textasciicircum{}ours Costs \$5 \textbackslash{} or \$10, Łódź 深度学习}},"
        "\n"
        r"  author = {{王小明} and van der Maaten, L. and {Alice and Bob} and \textbraceleft{}Name,"
        r" B\textbraceright{}ad},"
        "\n"
        r"  url = {https://paper.example/a_b%20%7Bc%7D},"
        "\n}\n"
    )


def test_ris_of_a_preprint_and_a_document() -> None:
    assert ris([PREPRINT, Paper(title="A $\\alpha$-Helix")]).split("\r\n") == [
        "TY  - UNPB",
        "TI  - Tide Tables for Transformers",
        "AU  - Stahl, Vera",
        "AU  - Fontanet, Émile",
        "PY  - 2025",
        "DA  - 2025/04/01",
        "AB  - Old but found – again.",
        "KW  - cs.CL",
        "KW  - stat.ML",
        "UR  - https://arxiv.org/abs/2504.99891",
        "DO  - 10.48550/arXiv.2504.99891",
        "N1  - arXiv:2504.99891",
        "N1  - There are more authors than those named.",
        "ID  - stahl2025tide",
        "ER  - ",
        "TY  - GEN",
        "TI  - A α-Helix",
        "ID  - anonymoushelix",
        "ER  - ",
        "",
    ]


def test_ris_of_an_article_has_names_with_their_suffix_last() -> None:
    lines = ris([ARTICLE]).split("\r\n")
    assert lines[0] == "TY  - JOUR"
    assert lines[2:5] == ["AU  - van der Wal, Jan", "AU  - O'Hara-Brown, Ann, Jr.", "AU  - Tidepool Team"]


def test_csl_json() -> None:
    preprint, article, other = json.loads(csl_json([PREPRINT, ARTICLE, HOSTILE]))
    assert preprint == {
        "id": "stahl2025tide",
        "type": "article",
        "title": "Tide Tables for Transformers",
        "author": [{"family": "Stahl", "given": "Vera"}, {"family": "Fontanet", "given": "Émile"}],
        "issued": {"date-parts": [[2025, 4, 1]]},
        "number": "arXiv:2504.99891",
        "DOI": "10.48550/arXiv.2504.99891",
        "URL": "https://arxiv.org/abs/2504.99891",
        "abstract": "Old but found – again.",
        "keyword": "cs.CL, stat.ML",
        "note": "There are more authors than those named.",
    }
    assert article["type"] == "article-journal"
    assert article["author"] == [
        {"family": "van der Wal", "given": "Jan"},
        {"family": "O'Hara-Brown", "given": "Ann", "suffix": "Jr."},
        {"literal": "Tidepool Team"},
    ]
    assert (other["type"], other["author"][0]) == ("document", {"literal": "王小明"})


def test_nothing_gives_an_empty_file() -> None:
    assert (bibtex([]), ris([]), csl_json([])) == ("", "", "[]\n")


@pytest.mark.parametrize(
    ("written", "in_bibtex"),
    [
        ("Levine S.", "Levine, S."),
        ("Fei-Fei Li", "Li, Fei-Fei"),
        ("Andrew Y. Ng", "Ng, Andrew Y."),
        ("Qingyao Ai", "Ai, Qingyao"),
        ("Sand AI", "{Sand AI}"),
        ("Plato", "{Plato}"),
        ("William Jones III", "Jones, III, William"),
        ("Doe, John, Jr.", "Doe, Jr., John"),
        ("Smith, John, of York", "{Smith, John, of York}"),
        ("The ATLAS Collaboration", "{The ATLAS Collaboration}"),
        ("山田 太郎", "{山田 太郎}"),
        ("Jos\\'e de la Cruz", "de la Cruz, José"),
        ("others", "{others}"),
        ("*", "{*}"),
        ("Jr.", "{Jr.}"),
        ("A van/der/Wal", "{A van/der/Wal}"),
    ],
)
def test_a_name_has_its_parts_where_they_can_be_told(written: str, in_bibtex: str) -> None:
    assert f"  author = {{{in_bibtex}}},\n" in bibtex([Paper(title="A Title", authors=(written,))])


@pytest.mark.parametrize(
    ("title", "in_bibtex"),
    [
        (r"The $\alpha_{i}$ of $95\%$", r"The $\alpha_{i}$ of $95\%$"),
        (r"\(X\)-evolve \(", r"\(X\)-evolve \textbackslash{}("),
        (r"$$x$$ and $\{y\}$", r"$$x$$ and $\{y\}$"),
        (r"Unmatched $\{y$", r"Unmatched \textbraceleft{}y"),
        ("$5-$10 or $5 and $10", r"\$5-\$10 or \$5 and \$10"),
        (r"\$5 and 6$", r"\$5 and 6\$"),
        ("$95%$", r"95\%"),
    ],
)
def test_formulas_survive_and_other_dollars_do_not(title: str, in_bibtex: str) -> None:
    assert f"  title = {{{{{in_bibtex}}}}},\n" in bibtex([Paper(title=title)])


def test_keys_are_unique_though_an_ending_makes_another_s_key() -> None:
    titles = ["Tid", "Tide", "Tid", "tid!", "The Tid of It"] + ["Sea"] * 30
    keys = re.findall(r"@misc{(.*),", bibtex([Paper(title=title) for title in titles]))
    assert keys[:5] == ["anonymoustida", "anonymoustide", "anonymoustidb", "anonymoustidc", "anonymoustidd"]
    assert keys[-1] == "anonymousseaad"
    assert len(set(keys)) == len(titles)


# Read back -----------------------------------------------------------------------------------------------------------

ESCAPED = {
    r"\textbackslash{}": "\\", r"\textbraceleft{}": "{", r"\textbraceright{}": "}", r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^", r"\textless{}": "<", r"\textgreater{}": ">", r"\textbar{}": "|",
    **{f"\\{sign}": sign for sign in "%&_#$"},
}  # fmt: skip
ESCAPE = re.compile("|".join(map(re.escape, ESCAPED)))

texts = st.text(st.characters(codec="utf-8") | st.sampled_from("\\${}%&_#~^@\"'`,= \n"), max_size=30)
simple = st.text(st.characters(codec="utf-8", exclude_characters="\\$`") | st.sampled_from("{}%&_#~^@\"',= "))
papers = st.builds(
    Paper,
    title=texts.map("x{}".format),
    abstract=st.none() | texts,
    authors=st.lists(texts | st.sampled_from(["Vera Stahl", "Stahl, V."]), max_size=3).map(tuple),
    authors_truncated=st.none() | st.booleans(),
    published=st.none() | st.dates(),
    categories=st.sampled_from([(), ("cs.CL",), ("math", "cond-mat.str-el")]),
    identifiers=st.sampled_from([(), [("arxiv", "2504.99891")], [("doi", "10.1000/a{_}%\\x")]]),
    url=st.none() | texts.map("https://paper.example/{}".format),
)


def bibtex_titles(text: str) -> list[str]:
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    assert len(library.blocks) == len(library.entries)
    titles = [entry.fields_dict["title"].value for entry in library.entries]
    return [ESCAPE.sub(lambda found: ESCAPED[found[0]], title[1:-1]) for title in titles]


def ris_titles(text: str) -> list[str]:
    return [entry["title"] for entry in rispy.loads(text)]


def csl_titles(text: str) -> list[str]:
    return [item["title"] for item in json.loads(text)]


@settings(deadline=None)
@example([HOSTILE, ARTICLE, PREPRINT])
@given(st.lists(papers, max_size=4))
def test_any_papers_are_read_back(some: list[Paper]) -> None:
    titles = [plain(paper.title) for paper in some]
    assert ris_titles(ris(some)) == titles
    assert csl_titles(csl_json(some)) == titles
    assert len(bibtex_titles(bibtex(some))) == len(some)


@settings(deadline=None)
@given(simple, st.sampled_from(["", "$x_{i}^2$", r"$\frac{1}{2}\%$", r"$\{a\}$"]), simple)
def test_any_title_is_read_back_from_bibtex_with_its_formula(before: str, formula: str, after: str) -> None:
    paper = Paper(title=f"x{before} {formula} {after}")
    assert bibtex_titles(bibtex([paper])) == [paper.title.replace(r"\%", "%")]
