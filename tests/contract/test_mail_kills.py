"""Processes that send mails are killed at each step of it: nothing is lost, and nothing comes twice but where the
attempt is counted as ambiguous, and then as the same bytes, by whose Message-ID a receiver can tell.

`./check bench mail_kills` is the same with 200 kills at random.
"""

import logging

import pytest
from farside.mail_kills import ENDS, kill_senders

from bot.store.engine import Engine

log = logging.getLogger(__name__)
KILLS, SEED = 10, 11  # each step once; as many again while what is left is delivered


@pytest.mark.timeout(300)
def test_no_kill_loses_a_mail_or_doubles_one_uncounted_or_changed(engine: Engine, database_url: str) -> None:
    found, unlike = kill_senders(engine, database_url, KILLS, SEED, log.warning)

    assert found.lost == []
    assert found.not_shown[0] == found.not_shown[1]
    assert found.doubled_without_doubt == []
    assert found.accepted == len(found.copies) + found.doubled
    assert found.doubled > 0
    assert unlike == []
    assert sum(found.ambiguous.values()) == found.in_doubt
    assert min(found.ended[step] for step in ENDS) > 0
