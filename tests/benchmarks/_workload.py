"""What match.py measures with: real papers, and subscriptions as people might write them.

The newest papers of the corpus are matched; the older ones only lend their words. Words and phrases are drawn from
random titles, so that they are as frequent in queries as in titles, and many users ask the same. Votes, days and
organisations are invented, since arXiv tells none. Everything is seeded: two runs have the same papers and queries.
"""

import json
import lzma
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from random import Random

from store import BULK, to_paper

from bot.query import Query, parse
from scrapers.paper import Paper

NEWEST = 2_000  # papers that are matched
NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)
_DAYS = 30  # the newest papers are this old at most, invented too
_ORGANIZATIONS = """
    Google; Google DeepMind; Meta AI; OpenAI; Microsoft Research; NVIDIA; Apple; Amazon; Tencent; Alibaba Group; Huawei;
    ByteDance; Baidu; Shanghai AI Laboratory; Allen Institute for AI; Hugging Face; Mila; INRIA; Max Planck Institute;
    Stanford University; Carnegie Mellon University; Tsinghua University; Peking University; Zhejiang University;
    University of Oxford; University of Cambridge; ETH Zurich; EPFL; University of Toronto; Princeton University;
    University of Washington; Seoul National University; KAIST; National University of Singapore; Samsung Research
"""
ORGANIZATIONS = [" ".join(name.split()) for name in _ORGANIZATIONS.split(";")]
_ZIPF = list(accumulate(1 / rank for rank in range(1, len(ORGANIZATIONS) + 1)))
_STOP = frozenset(
    """
    a about across all also an and any are as at based be beyond both but by can do does for from has have how if in
    into is it its more new no not of on only or other our out over than that the their them there these they this
    through to toward towards under up use using via we what when where which while who why will with within without
    you your
    """.split()
)
_VAGUE = frozenset(  # nobody asks for these alone, nor here with others: phrases have them
    """
    adaptive analysis approach based benchmark benchmarks data dataset datasets deep dynamic efficient enhancing
    evaluating evaluation framework improving information language large learning method methods model modeling models
    network networks performance reasoning robust study system systems task tasks training understanding unified
    """.split()
)
_WORD = re.compile(r"[^\W_][\w.'’&+#-]*")  # what needs no quotes
_UNUSABLE = re.compile(r'[$\\{}"^_~|<>=*]|^\W*$')
_CATEGORY = re.compile(r"[a-z-]+(\.[A-Za-z-]+)?")  # some records name classes of other schemes too (68T07, I.2.7)
_AROUND = "()[],.:;?!'‘’“”*-–—/"


def write_papers(path: Path, records: list[dict]) -> None:
    """The newest papers, in random order, so that the first of them are a fair sample of all."""
    random = Random(1)
    papers = [_with_facts(to_paper(record), random) for record in records]
    random.shuffle(papers)
    path.write_text("".join(paper.model_dump_json() + "\n" for paper in papers))


def read_papers(path: Path) -> list[Paper]:
    return [Paper.model_validate_json(line) for line in path.read_text().splitlines()]


def records() -> tuple[list[dict], list[dict]]:
    """The records that lend their words, and the newest ones."""
    with lzma.open(BULK, "rt") as lines:
        found = sorted(map(json.loads, lines), key=lambda record: record["id"])
    return found[:-NEWEST], found[-NEWEST:]


def _with_facts(paper: Paper, random: Random) -> Paper:
    names = random.choices(ORGANIZATIONS, cum_weights=_ZIPF, k=random.choice((0, 1, 1, 2)))
    facts = {
        "upvotes": None if random.random() < 0.2 else int(random.paretovariate(0.6)) - 1,
        "comments": None if random.random() < 0.2 else int(random.paretovariate(1.2)) - 1,
        "published": NOW.date() - timedelta(days=random.randrange(_DAYS)),
        "organizations": [{"name": name} for name in dict.fromkeys(names)],
    }
    return Paper.model_validate({**paper.model_dump(), **facts})


def write_subscriptions(path: Path, older: list[dict], most: int) -> None:
    with path.open("w") as lines:
        lines.writelines(f"{text}\n" for text in islice(Subscribers(older, seed=2).texts(), most))


def read_texts(path: Path, most: int) -> Iterator[tuple[int, str]]:
    """The subscriptions and their ids, from 1 up."""
    with path.open() as lines:
        for id, line in enumerate(islice(lines, most), 1):
            yield id, line.rstrip("\n")


def write_distinct(path: Path, subscriptions: Path, most: int) -> None:
    """The first subscription of each different question, with its id."""
    seen: set[str] = set()
    with path.open("w") as lines:
        for id, text in read_texts(subscriptions, most):
            if (key := parse(text).key) not in seen:
                seen.add(key)
                lines.write(f"{id}\t{text}\n")


def read_distinct(path: Path, most: int) -> Iterator[tuple[int, Query]]:
    """The distinct queries among so many subscriptions, one after the other."""
    return ((id, parse(text)) for id, text in distinct_texts(path, most))


def distinct_texts(path: Path, most: int) -> Iterator[tuple[int, str]]:
    with path.open() as lines:
        for line in lines:
            id, _, text = line.rstrip("\n").partition("\t")
            if int(id) > most:
                return
            yield int(id), text


class Subscribers:
    """Draws queries. `of` names the way of each kind and its share in per cent."""

    def __init__(self, older: list[dict], seed: int) -> None:
        self._random = Random(seed)
        self._titles = [chunks for record in older if len(chunks := record["title"].split()) >= 4]
        authors = ([name for name in record["authors"] if name[-1].isalpha()] for record in older)
        self._authors = [names for names in authors if names]
        names = (name for record in older for name in record["categories"])
        self._categories = [name for name in names if _CATEGORY.fullmatch(name)]
        self.of: dict[Callable[[], str], float] = {
            self.unit: 44, self.conjunction: 20, self.disjunction: 8, self.exclusion: 7, self.in_title: 5,
            self.author: 5, self.in_category: 4, self.prefix: 2.5, self.voted: 1.5, self.of_organization: 1,
            self.nested: 1, self.exact: 0.25, self.near: 0.25, self.in_abstract: 0.25, self.recent: 0.25,
        }  # fmt: skip

    def texts(self) -> Iterator[str]:
        while True:
            yield self.any()

    def any(self) -> str:
        """A query of any kind."""
        return self._random.choices(list(self.of), cum_weights=list(accumulate(self.of.values())))[0]()

    def unit(self) -> str:
        """One word or one phrase."""
        return self.word() if self._random.random() < 0.5 else self.phrase()

    def word(self) -> str:
        return _shown(self._typed(self._plain_word()))

    def phrase(self) -> str:
        return f'"{self._typed(" ".join(self._neighbours(self._random.choice((2, 2, 3, 4)))))}"'

    def conjunction(self) -> str:
        sign = self._random.choice((" ", " ", " AND "))
        return sign.join(self._units(self._random.choice((2, 2, 3))))

    def disjunction(self) -> str:
        return " OR ".join(self._units(self._random.choice((2, 2, 3))))

    def exclusion(self) -> str:
        one, two = self._units(2)
        return f"{one} {self._random.choice(('-', 'NOT '))}{two}"

    def nested(self) -> str:
        a, b, c, d, e = self._units(5)
        return f"({a} OR {b}) ({c} OR {d}) -{e}"

    def in_title(self) -> str:
        return f"title:{self.unit()}"

    def in_abstract(self) -> str:
        return f"abstract:{self.word()}"

    def author(self) -> str:
        name = self._random.choice(self._random.choice(self._authors)).replace('"', "")
        first, _, last = name.rpartition(" ")
        kind = self._random.random()
        if kind < 0.25 and first and len(last) > 3:  # not Jr.
            return f'author:"{last.lower()}"'
        if kind < 0.4 and first:
            return f'author:"{first[0]}. {last}"'
        return f'author:"{name}"'

    def in_category(self) -> str:
        return f"cat:{self._random.choice(self._categories)} {self.word()}"

    def prefix(self) -> str:
        while True:
            word = self._plain_word()
            if word.isalpha() and len(word) >= 6:
                return f"{word[: self._random.randint(4, len(word) - 1)].lower()}*"

    def voted(self) -> str:
        least = self._random.choice((1, 2, 3, 5, 5, 10, 10, 20, 50, 100))
        return f"{self.unit()} {self._random.choice(('upvotes', 'upvotes', 'comments'))}>={least}"

    def of_organization(self) -> str:
        name = self._random.choices(ORGANIZATIONS, cum_weights=_ZIPF)[0]
        chosen = name if self._random.random() < 0.5 else self._random.choice(name.split())
        asked = f'org:"{chosen}"'
        return asked if self._random.random() < 0.5 else f"{asked} {self.word()}"

    def exact(self) -> str:
        if self._random.random() < 0.5:
            return f"={_shown(self._plain_word())}"
        return f'="{" ".join(self._neighbours(2))}"'

    def near(self) -> str:
        while True:
            one, two = self._random.sample([word.lower() for word in self._neighbours(4)], 2)
            if one != two:
                return f'"{one} {two}"~{self._random.randint(2, 8)}'

    def recent(self) -> str:
        if self._random.random() < 0.5:
            return f"{self.word()} age<{self._random.choice((2, 3, 7, 14))}d"
        since: date = NOW.date() - timedelta(days=self._random.randrange(60))
        return f"{self.word()} published:{since}.."

    def _units(self, count: int) -> list[str]:
        return [self.word() if self._random.random() < 0.6 else self.phrase() for _ in range(count)]

    def _plain_word(self) -> str:
        while True:
            (word,) = self._neighbours(1)
            if len(word) > 1 and not word.isdigit() and word.lower() not in _VAGUE:
                return word

    def _neighbours(self, count: int) -> list[str]:
        """So many words that follow one another in a title, neither end a mere particle."""
        while True:
            title = self._random.choice(self._titles)
            start = self._random.randrange(len(title))
            words = [chunk.strip(_AROUND) for chunk in title[start : start + count]]
            if len(words) == count and all(words) and not any(map(_UNUSABLE.search, words)):
                unbroken = " ".join(title[start : start + count]).strip(_AROUND) == " ".join(words)
                if unbroken and words[0].lower() not in _STOP and words[-1].lower() not in _STOP:
                    return words

    def _typed(self, text: str) -> str:
        """Most people type lower case; some copy from the title."""
        return text.lower() if self._random.random() < 0.8 else text


def _shown(word: str) -> str:
    return word if _WORD.fullmatch(word) else f'"{word}"'
