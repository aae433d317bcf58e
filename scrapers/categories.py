"""arXiv's classes: the 155 that are in use, their second names, and the archives that became classes.

https://arxiv.org/category_taxonomy, as in arXiv's own table of 2026 (arxiv/taxonomy in arXiv/arxiv-base). Codes of the
ACM and of the MSC, which authors give beside them (`I.2.6`, `68T50`), are no classes.
"""

import difflib
import re
from collections.abc import Iterable

_CLASSES = """
astro-ph CO EP GA HE IM SR
cond-mat dis-nn mes-hall mtrl-sci other quant-gas soft stat-mech str-el supr-con
cs AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE NI OH OS PF PL RO SC SD SE
cs SI SY
econ EM GN TH
eess AS IV SP SY
math AC AG AP AT CA CO CT CV DG DS FA GM GN GR GT HO IT KT LO MG MP NA NT OA OC PR QA RA RT SG SP ST
nlin AO CD CG PS SI
physics acc-ph ao-ph app-ph atm-clus atom-ph bio-ph chem-ph class-ph comp-ph data-an ed-ph flu-dyn gen-ph geo-ph
physics hist-ph ins-det med-ph optics plasm-ph pop-ph soc-ph space-ph
q-bio BM CB GN MN NC OT PE QM SC TO
q-fin CP EC GN MF PM PR RM ST TR
stat AP CO ME ML OT TH
"""
_ROWS = [line.split() for line in _CLASSES.strip().splitlines()]
_UNDIVIDED = ("gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nucl-ex", "nucl-th", "quant-ph")
CLASSES = frozenset({*_UNDIVIDED, *(f"{archive}.{name}" for archive, *names in _ROWS for name in names)})
ARCHIVES = frozenset({*_UNDIVIDED, *(archive for archive, *_ in _ROWS)})
# Two names of one class; every paper of the one is a paper of the other.
ALIASES = {
    "cs.NA": "math.NA",
    "cs.SY": "eess.SY",
    "cs.IT": "math.IT",
    "math.MP": "math-ph",
    "stat.TH": "math.ST",
    "q-fin.EC": "econ.GN",
    "cmp-lg": "cs.CL",
}
# Archives that were closed and became classes; papers of their time still name them.
SUBSUMED = {
    "acc-phys": "physics.acc-ph",
    "adap-org": "nlin.AO",
    "alg-geom": "math.AG",
    "ao-sci": "physics.ao-ph",
    "atom-ph": "physics.atom-ph",
    "bayes-an": "physics.data-an",
    "chao-dyn": "nlin.CD",
    "chem-ph": "physics.chem-ph",
    "cmp-lg": "cs.CL",
    "comp-gas": "nlin.CG",
    "dg-ga": "math.DG",
    "funct-an": "math.FA",
    "mtrl-th": "cond-mat.mtrl-sci",
    "patt-sol": "nlin.PS",
    "plasm-ph": "physics.plasm-ph",
    "q-alg": "math.QA",
    "solv-int": "nlin.SI",
    "supr-con": "cond-mat.supr-con",
}
_BY_FOLDED = {code.lower(): code for code in CLASSES | ARCHIVES}
_SECOND_NAMES = frozenset(map(str.lower, (*ALIASES, *SUBSUMED)))
_WELL_FORMED = re.compile(r"([a-z][a-z-]*)(?:\.[A-Za-z][A-Za-z-]+)?")


def class_named(text: str) -> str:
    """The class or archive in arXiv's own spelling. Raises ValueError, with a hint, where there is none."""
    code = text.strip()
    if found := _BY_FOLDED.get(code.lower()):
        return found
    now = SUBSUMED.get(code.lower())
    close = [now] if now else difflib.get_close_matches(code, sorted(_BY_FOLDED.values()), n=1)
    hint = f"; {'it is' if now else 'did you mean'} {close[0]}{'' if now else '?'}" if close else ""
    raise ValueError(f"arXiv has no class {code[:40]!r} (https://arxiv.org/category_taxonomy){hint}")


def is_known(text: str) -> bool:
    """Whether arXiv has this class or archive, or had it."""
    return text.lower() in _BY_FOLDED or text.lower() in _SECOND_NAMES


def is_same_class(one: str, other: str) -> bool:
    """Whether the two name one class: `cs.NA` and `math.NA`."""
    return ALIASES.get(one, one).lower() == ALIASES.get(other, other).lower()


def classes_in(codes: Iterable[str]) -> tuple[str, ...]:
    """Those of the codes that are classes, in their order, of two names of one class the first.

    A class that is new in an archive that is known counts, because arXiv may add one: `cs.QC`.
    """
    found: dict[str, str] = {}
    for code in codes:
        match = _WELL_FORMED.fullmatch(code)
        if match and (match[1] in ARCHIVES or match[1] in SUBSUMED):
            found.setdefault(ALIASES.get(code, code), code)
    return tuple(found.values())
