"""Matching papers against many subscriptions: our index beside the ways one would try else, in the same run.

./check bench match [SIZES...]    1000 10000 100000 1000000 subscriptions, where no sizes are given

Reads corpus/arxiv/bulk ($PAPERWATCH_CORPUS or ../shared/corpus). Every measurement has a process of its own; times are
CPU time, the least of several passes over the same papers, whose words are known from the second pass on; beside it
stands what a paper takes that was never seen, after OLDER others. mokaccino and tantivy are measured where they are
installed (the extra `bench`). Before anything is printed of a size, all ways are held against one another, pair by
pair.
"""

import gc
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from _checks import Checked, assert_equal, by_subscriber, check, count_kinds
from _peers import PEERS, Batches, OneByOne, OursInBatches, OursOneByOne, Simple
from _workload import (
    NEWEST,
    Subscribers,
    distinct_texts,
    read_distinct,
    read_papers,
    read_texts,
    records,
    write_distinct,
    write_papers,
    write_subscriptions,
)  # fmt: skip
from store import BULK

from bot.query import document, parse
from bot.query.matcher import Matcher
from bot.query.names import person
from bot.watching import MANY, settle
from scrapers.paper import Paper

SIZES = (1_000, 10_000, 100_000, 1_000_000)
HUGE = 300_000  # from here on fewer passes, and of the peers only what ends within minutes
PASSES, PASSES_HUGE = 4, 2
PATIENCE = 20.0  # seconds of passes over the papers; a peer that takes longer is measured less often
AT_ONCE = 1_000  # subscriptions that are parsed before they are added
OLDER = 10_000  # papers that are matched before papers that were never seen, as in a program that runs for weeks
CHANGES = 200
Result = dict[str, Any]


def measure(way: str, folder: Path, size: int) -> Result:
    if way == "check":
        return measure_check(folder, size)
    return measure_ours(folder, size) if way == "ours" else measure_peer(way, folder, size)


def measure_check(folder: Path, size: int) -> Result:
    checked = check(folder, size)
    (folder / "checked").write_bytes(pickle.dumps(checked))
    distinct = sum(1 for _ in distinct_texts(folder / "distinct", size))
    pairs = sum(papers.bit_count() for papers in checked.pairs.values())
    return {
        "distinct": distinct, "a_paper": pairs / NEWEST, "evaluated": checked.evaluated,
        "not_simple": len(checked.not_simple), "kinds": count_kinds(checked.not_simple),
        "not_conditions": len(checked.not_conditions),
    }  # fmt: skip


def measure_ours(folder: Path, size: int) -> Result:
    papers = read_papers(folder / "papers")
    gc.collect()
    as_it_comes, before = gc.get_threshold(), resident_megabytes()
    matcher, parsing, adding = build(folder / "subscriptions", size)
    gc.collect()
    result: Result = {"parse": parsing, "add": adding, "mb": resident_megabytes() - before, "distinct": len(matcher)}
    passes = PASSES_HUGE if size >= HUGE else PASSES
    gc.unfreeze()
    gc.set_threshold(*as_it_comes)
    result["new"] = new_papers(matcher, read_papers(folder / "older"), papers)
    result["mb_later"] = resident_megabytes() - before
    result["unfrozen"] = best(OursOneByOne(matcher), papers, 1, passes)[0]
    settle()
    ways: list[OneByOne | Batches] = [OursOneByOne(matcher), OursInBatches(matcher)]
    result["times"] = {shape: best(way, papers, shape, passes) for way in ways for shape in way.shapes}
    for kind in ("any", "prefix"):
        result[f"change_{kind}"] = changes(matcher, read_texts(folder / kind, sys.maxsize), size)
    pairs, checked = by_subscriber(matcher, ways[1].pairs(papers)), read_checked(folder)
    first = {id for id, _ in distinct_texts(folder / "distinct", size)}
    mine = {id: bits for id, bits in pairs.items() if id in first}
    assert_equal(folder, "the index of all", mine, "the index of the distinct", checked.pairs)
    return result


def read_checked(folder: Path) -> Checked:
    return pickle.loads((folder / "checked").read_bytes())


def build(subscriptions: Path, size: int) -> tuple[Matcher, float, float]:
    """The index of that many subscriptions, and the seconds of parsing and of adding."""
    matcher, parsing, adding = Matcher(), 0.0, 0.0
    texts = read_texts(subscriptions, size)
    while chunk := list(islice(texts, AT_ONCE)):
        start = time.process_time()
        queries = [(id, parse(text)) for id, text in chunk]
        parsed = time.process_time()
        for id, query in queries:
            matcher.add(id, query)
        if queries[-1][0] % MANY == 0:  # as the product does; peers settle when theirs are there
            settle()
        parsing += parsed - start
        adding += time.process_time() - parsed
    return matcher, parsing, adding


def new_papers(matcher: Matcher, older: Sequence[Paper], papers: Sequence[Paper]) -> float:
    """Microseconds for a paper that was never seen, where others were."""
    OursOneByOne(matcher).run(older)
    start = time.process_time()
    OursOneByOne(matcher).run(papers)
    return (time.process_time() - start) / len(papers) * 1e6


def changes(matcher: Matcher, texts: Iterator[tuple[int, str]], size: int) -> tuple[float, float, float]:
    """Microseconds of adding one subscription whose query nobody asked before, in the middle and of the slowest
    twentieth, and of removing it."""
    added, removed = list[float](), list[float]()
    for id, text in texts:
        query, before = parse(text), len(matcher)
        took = microseconds(lambda id=size + id, query=query: matcher.add(id, query))
        is_new = len(matcher) > before
        took_back = microseconds(lambda id=size + id: matcher.remove(id))
        if is_new:
            added.append(took)
            removed.append(took_back)
        if len(added) == CHANGES:
            break
    return median(added), quantiles(added, n=20)[-1], median(removed)


def microseconds(act: Callable[[], None]) -> float:
    start = time.perf_counter_ns()
    act()
    return (time.perf_counter_ns() - start) / 1_000


def measure_peer(name: str, folder: Path, size: int) -> Result:
    papers = read_papers(folder / "papers")[: sample(name, size)]
    gc.collect()
    before, start = resident_megabytes(), time.process_time()
    peer = PEERS[name](read_distinct(folder / "distinct", size))
    building = time.process_time() - start
    settle()
    result: Result = {"build": building, "mb": resident_megabytes() - before, "times": {}}
    for paper in papers:  # some peers have one pass only; the words that they are given are known by then, as ours are
        Simple().paper(document(paper))
    for shape in shapes(peer, size):
        some = papers[: shape * 10] if isinstance(peer, Batches) else papers
        result["times"][shape] = best(peer, some, shape, peer_passes(peer, size), PATIENCE)
    compare(folder, name, peer.pairs(papers), len(papers))
    return result


def shapes(peer: OneByOne | Batches, size: int) -> tuple[int, ...]:
    return (500,) if isinstance(peer, Batches) and size >= HUGE else peer.shapes


def peer_passes(peer: OneByOne | Batches, size: int) -> int:
    if size < HUGE:
        return PASSES
    return 1 if isinstance(peer, Batches) else PASSES_HUGE


def sample(name: str, size: int) -> int:
    """How many of the papers a peer is tried with."""
    if name == "mokaccino":
        return min(NEWEST, 200_000_000 // size)
    if name.startswith("naive"):
        return max(10, min(NEWEST, 10_000_000 // size))
    return 500 if size >= HUGE else NEWEST


def compare(folder: Path, name: str, pairs: dict[int, int], papers: int) -> None:
    """Assert that the peer found just our pairs, of all queries that it can be asked."""
    checked = read_checked(folder)
    without = checked.not_conditions if name == "mokaccino" else checked.not_simple.keys()
    first = (1 << papers) - 1
    ours = {id: bits & first for id, bits in checked.pairs.items() if id not in without}
    theirs = {id: bits for id, bits in pairs.items() if id not in without}
    assert_equal(folder, name, theirs, "our index", ours)


def best(
    way: OneByOne | Batches, papers: Sequence[Paper], shape: int, passes: int, patience: float = float("inf")
) -> tuple[float, int, int]:
    """The least microseconds of CPU a paper; of how many papers; and of how many passes."""
    took: list[float] = []
    while len(took) < passes and sum(took) < patience:
        person.cache_clear()  # the names of a day's authors are mostly new
        start = time.process_time()
        if shape == 1:
            way.run(papers)
        else:
            for first in range(0, len(papers), shape):
                way.run(papers[first : first + shape])
        took.append(time.process_time() - start)
    return min(took) / len(papers) * 1e6, len(papers), len(took)


def resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def in_process(way: str, folder: Path, size: int) -> Result:
    progress(f"{size:,} subscriptions: {way}")
    command = [sys.executable, __file__, "--measure", way, str(folder), str(size)]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{way} failed with {size:,} subscriptions")
    return json.loads(done.stdout)


def progress(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def write_workload(folder: Path, most: int) -> None:
    progress("writing the workload")
    older, newest = records()
    write_papers(folder / "papers", newest)
    write_subscriptions(folder / "subscriptions", older, most)
    write_distinct(folder / "distinct", folder / "subscriptions", most)
    others = Subscribers(older, seed=3)
    write_papers(folder / "older", older[-OLDER:])
    for kind, draw in (("any", others.any), ("prefix", others.prefix)):
        (folder / kind).write_text("".join(f"{draw()}\n" for _ in range(20 * CHANGES)))


def compare_all(folder: Path, size: int) -> Result:
    """Everything of one size, checked and then printed."""
    checked, ours = in_process("check", folder, size), in_process("ours", folder, size)
    peers = {name: in_process(name, folder, size) for name in PEERS if is_there(name)}
    print_checks(size, checked, [name for name in PEERS if name not in peers])
    print_times(ours, peers)
    print_rest(ours, peers)
    return {"size": size, "checked": checked, "ours": ours, "peers": peers}


def is_there(name: str) -> bool:
    return name not in ("mokaccino", "tantivy") or find_spec(name) is not None


def print_checks(size: int, checked: Result, missing: list[str]) -> None:
    print(f"\n{size:,} subscriptions, {checked['distinct']:,} different; a paper answers {checked['a_paper']:,.0f}")
    print(f"  our index agrees with our evaluator on {checked['evaluated']:,} pairs, match() with match_batch() on all")
    print(f"  the peers agree on all pairs, but for {checked['not_simple']:,} queries that they cannot express:")
    for kind, count in checked["kinds"].items():
        print(f"    {count:8,} {kind}")
    print(f"    (mokaccino, fed by our text stage: {checked['not_conditions']:,})")
    for name in missing:
        print(f"  {name} is not installed (the extra `bench`), so it was not measured")
    if size >= HUGE:
        print("  tantivy and FTS5 in batches of 500 only, and once: they run every query for every batch")


def print_times(ours: Result, peers: dict[str, Result]) -> None:
    print(f"\n  {'':12} {'at once':>8} {'µs/paper':>10} {'ratio':>7} {'papers':>7} {'passes':>7}")
    for name, result in {"ours": ours, **peers}.items():
        for shape, (took, papers, passes) in result["times"].items():
            ratio = took / ours["times"][shape][0]
            print(f"  {name:12} {int(shape):8,} {took:10,.1f} {ratio:6,.1f}x {papers:7,} {passes:7}")
    print(f"  ours one by one with the garbage collector as it comes: {ours['unfrozen']:,.1f} µs")
    print(f"  ours one by one, papers that were never seen, after {OLDER:,} others: {ours['new']:,.1f} µs")


def print_rest(ours: Result, peers: dict[str, Result]) -> None:
    print(
        f"\n  build: parse {ours['parse']:.2f} s, add {ours['add']:.2f} s, {ours['mb']:,.0f} MB,"
        f" {ours['mb_later']:,.0f} MB after {OLDER + NEWEST:,} papers"
    )
    for name, result in peers.items():
        print(f"         {name}: {result['build']:.2f} s with parsing, {result['mb']:,.0f} MB")
    for kind in ("any", "prefix"):
        added, slowest, removed = ours[f"change_{kind}"]
        print(f"  one new query ({kind}): add {added:.1f} µs (1 in 20: {slowest:.1f}), remove {removed:.1f} µs")
    sys.stdout.flush()


def print_markdown(results: list[Result]) -> None:
    """The table for README.md."""
    heads = [
        "subscriptions",
        "one paper",
        "never seen",
        "a paper of 500",
        *(f"{name} ({_shape(name)})" for name in PEERS),
    ]
    heads += ["build", "memory", "later", "add / remove one"]
    print(f"\n| {' | '.join(heads)} |\n|{' ---: |' * len(heads)}")
    for result in results:
        ours, peers = result["ours"], result["peers"]
        one, batch = ours["times"]["1"][0], ours["times"]["500"][0]
        ratios = [_ratio(ours, peers.get(name), _shape(name)) for name in PEERS]
        added, _, removed = ours["change_any"]
        cells = [f"{result['size']:,}", f"{one:,.0f} µs", f"{ours['new']:,.0f} µs", f"{batch:,.0f} µs", *ratios]
        cells += [f"{ours['parse'] + ours['add']:.1f} s", f"{ours['mb']:,.0f} MB", f"{ours['mb_later']:,.0f} MB"]
        cells.append(f"{added:.0f} / {removed:.0f} µs")
        print(f"| {' | '.join(cells)} |")


def _shape(name: str) -> str:
    return "500" if name in ("tantivy", "FTS5") else "1"


def _ratio(ours: Result, peer: Result | None, shape: str) -> str:
    return f"{peer['times'][shape][0] / ours['times'][shape][0]:,.1f}x" if peer else "-"


def main(sizes: list[int]) -> None:
    if not BULK.exists():
        sys.exit(f"the corpus is not there: {BULK}")
    print(f"{NEWEST:,} papers; µs of CPU a paper, its words and names included, the least of several passes")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_workload(folder, max(sizes))
        print_markdown([compare_all(folder, size) for size in sizes])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))))
    else:
        main([int(size) for size in sys.argv[1:]] or list(SIZES))
