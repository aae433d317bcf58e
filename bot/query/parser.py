"""The parser: from what a person wrote to the tree.

It keeps its own stack, so that no number of brackets can exhaust Python's. Whatever is written either takes effect
or is refused; nothing is dropped.
"""

from dataclasses import dataclass, field

from bot.query.errors import QueryError
from bot.query.leaves import ANYWHERE, Node, Term
from bot.query.operands import read_operand
from bot.query.phrase import OPERATORS
from bot.query.scanner import MINUS, Scanner
from bot.query.tree import And, Or, all_of, any_of, none_of, unanchored

MAX_TERMS = 64


def read_tree(text: str) -> Node:
    """The tree of what was written. Raises QueryError."""
    return _Parser(text).parse()


@dataclass
class _Group:
    """What was read since a bracket opened: the alternatives, each a list of what must be met."""

    opened: int
    within: str = ANYWHERE  # the field before the bracket
    alternatives: list[list[Node]] = field(default_factory=lambda: [[]])
    nots: list[int] = field(default_factory=list)  # where each NOT before the next operand stands
    operator: tuple[str, int] | None = None  # AND or OR that waits for its second operand


class _Parser:
    def __init__(self, text: str) -> None:
        self.scanner = Scanner(text)
        self.groups = [_Group(-1)]
        self.terms = 0
        self.negated: dict[str, int] = {}  # where the NOT of a Not stands, by its key

    @property
    def group(self) -> _Group:
        return self.groups[-1]

    def parse(self) -> Node:
        text = self.scanner.text
        if not self.scanner.line.strip():
            raise self.scanner.error("The query is empty.", 0)
        while self.scanner.skip_blanks():
            self._read()
        if len(self.groups) > 1:
            is_whole = self.group.alternatives[-1] and not self.group.nots and not self.group.operator
            closed = text.rstrip() + ")" * (len(self.groups) - 1) if is_whole else None
            raise self.scanner.error("This bracket is never closed.", self.group.opened, closed)
        root = self._finished(len(text))
        self._check_anchor(root)
        return root

    def _read(self) -> None:
        char = self.scanner.peek()
        if char == "(":
            self._open(self.group.within)
        elif char == ")":
            self._close()
        elif char in MINUS:
            self._minus()
        elif self.scanner.word() in OPERATORS:
            self._operator(self.scanner.word())
        else:
            self._operand()

    def _open(self, within: str) -> None:
        self.groups.append(_Group(self.scanner.at, within))
        self.scanner.at += 1

    def _close(self) -> None:
        at, text = self.scanner.at, self.scanner.text
        if len(self.groups) == 1:
            corrected = " ".join(f"{text[:at]} {text[at + 1 :]}".split())
            is_balanced = corrected.count("(") == corrected.count(")")
            raise self.scanner.error("This bracket was never opened.", at, corrected if is_balanced else None)
        node = self._finished(at)
        self.groups.pop()
        self.scanner.at += 1
        self._add(node)

    def _finished(self, end: int) -> Node:
        """The innermost group as a node."""
        group = self.group
        if group.nots:
            raise self._missing("NOT", group.nots[-1], end)
        if group.operator:
            raise self._missing(*group.operator, end)
        if not group.alternatives[-1]:
            raise self.scanner.error("There is nothing between these brackets.", group.opened)
        return any_of([all_of(nodes) for nodes in group.alternatives])

    def _missing(self, operator: str, at: int, end: int) -> QueryError:
        """An operator without its operand; what is left without it is the correction, unless more follows."""
        text = self.scanner.text
        words = (text[:at] + text[at + len(operator) : end]).split()
        while words and (words[-1] in OPERATORS or words[-1] in MINUS):
            words.pop()
        hint = " ".join(words) if len(self.groups) == 1 and end == len(text) else None
        return self.scanner.error(f"{operator} has nothing after it.", at, hint or None)

    def _minus(self) -> None:
        at = self.scanner.at
        if not self.scanner.peek(at + 1).strip(" \t\r\n)"):
            following = self.scanner.line[at + 1 :].split(maxsplit=1)
            hint = f"-{following[0].lstrip(MINUS)}" if following and following[0][0] not in "()" else None
            raise self.scanner.error("A - must stand directly before what it excludes.", at, hint)
        self.group.nots.append(at)
        self.scanner.at += 1

    def _operator(self, operator: str) -> None:
        group = self.group
        if operator == "NOT":
            group.nots.append(self.scanner.at)
        else:
            self._check_operand_before(operator)
            group.operator = (operator, self.scanner.at)
            if operator == "OR":
                group.alternatives.append([])
        self.scanner.at += len(operator)

    def _check_operand_before(self, operator: str) -> None:
        group, at = self.group, self.scanner.at
        if group.nots:
            raise self._missing("NOT", group.nots[-1], at)
        if group.operator:
            first = group.operator[0]
            raise self.scanner.error(f"{first} and {operator} cannot follow each other.", at, first)
        if not group.alternatives[-1]:
            rest = self.scanner.text[at + len(operator) :].strip()
            is_whole = len(self.groups) == 1 and rest[:1] not in (":", ")")
            raise self.scanner.error(f"{operator} has nothing before it.", at, rest if rest and is_whole else None)

    def _operand(self) -> None:
        at = self.scanner.at
        operand = read_operand(self.scanner, self.group.within)
        if isinstance(operand, str):
            self._open(operand)
        else:
            self._add_term(operand, at)

    def _add_term(self, term: Term, at: int) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise self.scanner.error(f"A query has at most {MAX_TERMS} terms.", at)
        self._add(term)

    def _add(self, node: Node) -> None:
        group = self.group
        for at in reversed(group.nots):
            node = none_of(node)
            self.negated.setdefault(node.key, at)
        group.alternatives[-1].append(node)
        group.nots, group.operator = [], None

    def _check_anchor(self, root: Node) -> None:
        if floating := unanchored(root):
            at = self._place(floating)
            reason = "Everything but something is nearly everything: each alternative needs a term that must be met."
            hint = f"source:hf {floating}"
            raise self.scanner.error(reason, at, hint if floating is root else f"({hint})")

    def _place(self, node: Node) -> int:
        """Where the first NOT of the node stands."""
        while isinstance(node, And | Or):
            node = node.children[0]
        return self.negated.get(node.key, 0)
