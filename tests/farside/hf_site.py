"""A fake Hugging Face: the lists of its days, which grow, and upvotes, which change."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from farside.arxiv_ledger import Invented
from farside.fake_web import Answer, Asked, Clock, FakeSite


@dataclass
class _Shown:
    """A paper on the list of a day from `at` on, with its upvotes by the time from which it has them."""

    paper: Invented
    at: datetime
    upvotes: dict[datetime, int] = field(default_factory=dict)

    def upvotes_at(self, now: datetime) -> int:
        return self.upvotes[max(at for at in self.upvotes if at <= now)]


class HuggingFaceSite(FakeSite):
    """huggingface.co with `/api/daily_papers?date=` only; its pages are not there."""

    hosts = frozenset({"huggingface.co"})

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.days: dict[date, dict[str, _Shown]] = {}

    def show(self, day: date, paper: Invented, *, at: datetime, upvotes: int = 1) -> None:
        """The list of that day has the paper from `at` on; said again, it has other upvotes from then on."""
        shown = self.days.setdefault(day, {}).setdefault(paper.id, _Shown(paper, at))
        shown.upvotes[at] = upvotes

    def understood(self, host: str, path: str, query: Mapping[str, str]) -> Asked:
        transports = {"/api/daily_papers": "api", "/robots.txt": "robots"}
        return Asked(host, path, query, transports.get(path, "page"))

    def answer(self, asked: Asked) -> Answer:
        if asked.transport == "robots":
            return Answer("User-agent: *\nAllow: /\n")
        if asked.transport == "page":
            return Answer("<html><body>Not found</body></html>", 404)
        day, now = date.fromisoformat(asked.query["date"]), self.clock()
        if day > now.date():
            return Answer(json.dumps({"error": f"No list for {day}"}), 400)
        listed = [_item(one, day, now) for one in self.days.get(day, {}).values() if one.at <= now]
        first = int(asked.query.get("p", 0)) * (size := int(asked.query.get("limit", 50)))
        return Answer(json.dumps(listed[first : first + size]), headers={"Content-Type": "application/json"})


def _item(shown: _Shown, day: date, now: datetime) -> dict[str, Any]:
    paper = shown.paper
    return {
        "paper": {
            "id": paper.id,
            "authors": [{"name": name, "hidden": False} for name in paper.authors],
            "publishedAt": f"{day}T00:00:00.000Z",
            "submittedOnDailyAt": f"{day}T00:00:00.000Z",
            "title": paper.title,
            "summary": paper.abstract,
            "upvotes": shown.upvotes_at(now),
        },
        "title": paper.title,
        "numComments": 0,
    }
