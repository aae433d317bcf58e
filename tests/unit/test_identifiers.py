"""Identifiers: recognised in all their forms, refused when damaged, never numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers.identifiers import arxiv_id, canonical, identifier


@pytest.mark.parametrize(
    "text",
    [
        "2504.00891", "arXiv:2504.00891", "arxiv: 2504.00891v3", "https://arxiv.org/abs/2504.00891v1",
        "http://www.arxiv.org/pdf/2504.00891v2.pdf", "https://arxiv.org/pdf/2504.00891#page=3",
        "https://export.arxiv.org/abs/2504.00891?context=cs", "https://ar5iv.labs.arxiv.org/html/2504.00891",
        "https://www.alphaxiv.org/abs/2504.00891", "https://huggingface.co/papers/2504.00891",
        "oai:arXiv.org:2504.00891", "10.48550/arXiv.2504.00891", "https://doi.org/10.48550/ARXIV.2504.00891",
    ],
)  # fmt: skip
def test_an_arxiv_id_is_one_in_all_its_forms(text: str) -> None:
    assert identifier(text) == ("arxiv", "2504.00891")


@pytest.mark.parametrize(
    ("text", "canonical_id"),
    [
        ("math.CA/0611800v2", "math/0611800"), ("quant-ph/9603004", "quant-ph/9603004"), ("0704.0001", "0704.0001"),
        ("cond-mat.str-el/0611800", "cond-mat/0611800"), ("1412.9999", "1412.9999"), ("1501.00001", "1501.00001"),
    ],
)  # fmt: skip
def test_old_ids_are_ids(text: str, canonical_id: str) -> None:
    assert identifier(text) == ("arxiv", canonical_id)


@pytest.mark.parametrize(
    "damaged",
    [
        "704.0492", "2503.0213", "1911.0483100000001", "1501.0001", "1412.00001", "0703.0001", "2513.00001",
        "math/06118", "nonsense/0611800", "2504.00891v0", "2504.00891x", "x2504.00891", "", "2504.0089１",
    ],
)  # fmt: skip
def test_damaged_ids_are_refused(damaged: str) -> None:
    assert arxiv_id(damaged) is None
    with pytest.raises(ValueError, match="not an arXiv id"):
        canonical("arxiv", damaged)


@pytest.mark.parametrize(
    "text", ["10.1145/1234567.ABC", "doi:10.1145/1234567.abc", "https://doi.org/10.1145/1234567.Abc"]
)
def test_dois_are_lower_case(text: str) -> None:
    assert identifier(text) == ("doi", "10.1145/1234567.abc")


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="schemes are"):
        canonical("isbn", "1234")


@given(st.text(max_size=60))
def test_whatever_is_recognised_is_canonical(text: str) -> None:
    found = identifier(text)

    assert found is None or canonical(*found) == found == identifier(found.value)
