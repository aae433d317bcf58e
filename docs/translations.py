"""Bring bot/locale up to date: `./check translations`; with --check only say what is missing or wrong.

Sentences are found in the code and in templates by `tr("...")`, in the code by `tr.plural("...", "...", n)` too. New
ones come into each paperwatch.po
without a translation, for a person to fill in; paperwatch.mo is what the program reads.
"""

import ast
import io
import re
import string
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bot.language import DOMAIN, LANGUAGES, LOCALE  # noqa: E402 - the path comes first

SENTENCES = {"tr": 1, "plural": 2}  # how many of a call's arguments are sentences
_TAG = re.compile(r"</?[a-z]+[^>]*>")


def extracted() -> Catalog:
    """All sentences of the code, in the order of their files."""
    catalog = Catalog(project=DOMAIN, charset="utf-8", fuzzy=False)
    for path in sorted((ROOT / "bot").rglob("*.py")):
        # Babel's own extractor does not look into f-strings before Python 3.12.
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and (count := SENTENCES.get(_name(call.func))):
                words = [ast.literal_eval(one) for one in call.args[:count] if isinstance(one, ast.Constant)]
                if len(words) == count and all(isinstance(word, str) for word in words):
                    catalog.add(words[0] if count == 1 else tuple(words))
    for path in sorted((ROOT / "bot" / "templates").rglob("*.html")):
        for template_call in Environment(autoescape=True).parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(template_call.node, nodes.Name) and template_call.node.name == "tr":
                catalog.add(template_call.args[0].as_const())
    return catalog


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def updated(code: str, template: Catalog) -> Catalog:
    """The language's catalog with exactly the sentences of the code."""
    path = _path(code)
    old = read_po(io.BytesIO(path.read_bytes()), locale=code) if path.is_file() else Catalog(locale=code, fuzzy=False)
    old.update(template, no_fuzzy_matching=True)
    old.obsolete.clear()
    old.creation_date = old.revision_date = datetime(2026, 11, 21, tzinfo=UTC)  # the same in every run
    old.header_comment = f"# Paperwatch in {LANGUAGES[code]}."
    return old


def _path(code: str) -> Path:
    return LOCALE / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def written(catalog: Catalog) -> tuple[bytes, bytes]:
    """The catalog as .po and .mo."""
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, catalog, sort_output=True, width=110, no_location=True, omit_header=False)
    # The header's dates and versions would change with every run.
    lines = [
        line for line in po.getvalue().decode().splitlines() if not re.match(r'"(POT?-|Generated-|Last-|Report-)', line)
    ]
    write_mo(mo, catalog)
    return ("\n".join(lines) + "\n").encode(), mo.getvalue()


def mistakes(code: str, catalog: Catalog) -> list[str]:
    """What is not translated, and translations that have other values or markup than their sentences."""
    found = []
    for message in catalog:
        if not message.id:
            continue
        name = message.id if isinstance(message.id, str) else message.id[0]
        translations = [message.string] if isinstance(message.string, str) else list(message.string or [""])
        if message.fuzzy or not all(translations):
            found.append(f"{code}: not translated: {name}")
        found += [f"{code}: other values or markup: {name}" for one in translations if one and not _agree(message, one)]
    return found


def _agree(message: Message, translation: str) -> bool:
    sentences = [message.id] if isinstance(message.id, str) else list(message.id)
    # The form for one may say the number as a word.
    values = {frozenset(_values(one)) for one in sentences}
    needed = frozenset.intersection(*values) - ({"n"} if len(sentences) > 1 else set())
    allowed = frozenset.union(*values)
    tags = {tuple(sorted(_TAG.findall(one))) for one in sentences}
    return needed <= frozenset(_values(translation)) <= allowed and tuple(sorted(_TAG.findall(translation))) in tags


def _values(sentence: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None]


def main(arguments: list[str]) -> int:
    """0 where nothing is missing, wrong or out of date."""
    only_check, wrong, template = "--check" in arguments, [], extracted()
    for code in LANGUAGES:
        if code == "en":
            continue
        catalog = updated(code, template)
        po, mo = written(catalog)
        for path, data in ((_path(code), po), (_path(code).with_suffix(".mo"), mo)):
            if only_check and (not path.is_file() or path.read_bytes() != data):
                wrong.append(f"{path.relative_to(ROOT)} is not up to date: run ./check translations")
            elif not only_check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        wrong += mistakes(code, catalog)
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
