"""Control rules of a model, and taking single links out of their hands.

SWMM evaluates rules at every routing step and would overwrite a setting made from outside. So while an
element is held from outside, the rules' actions on it are left out of the prepared model.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from chengshu.engines.swmm.inp import Inp, Row
from chengshu.kernel.errors import Invalid

#: A pump between two hidden nodes: the action of a rule whose own actions are all held.
NOTHING = "nothing:pump"


@dataclass(slots=True)
class Rule:
    """RULE name / IF … / THEN … / ELSE … / PRIORITY …; the clauses as rows."""

    head: list[Row]
    premises: list[Row] = field(default_factory=list)
    then: list[Row] = field(default_factory=list)
    otherwise: list[Row] = field(default_factory=list)
    tail: list[Row] = field(default_factory=list)


def rules_of(inp: Inp) -> list[Rule]:
    """The control rules. Raises :class:`Invalid` for clauses out of order."""
    rules: list[Rule] = []
    part: list[Row] = []
    loose: list[Row] = []
    for row, tokens in inp.rows("CONTROL"):
        word = tokens[0].upper()
        if word in ("RULE", "VARIABLE", "EXPRESSION"):
            if word != "RULE":
                loose.append(row)
                continue
            rules.append(Rule([*loose, row]))
            part, loose = rules[-1].premises, []
            continue
        if not rules:
            raise Invalid(
                "model-control",
                f"a control clause stands before any RULE: {row.text.strip()!r}",
                where=f"{inp.name}:{row.line}",
                remedy="begin the rule with RULE and its name",
            )
        if word == "THEN":
            part = rules[-1].then
        elif word == "ELSE":
            part = rules[-1].otherwise
        elif word == "PRIORITY":
            part = rules[-1].tail
        part.append(row)
    return rules


def longest_wait(rules: Iterable[Rule]) -> float:
    """Hours after which every premise on SIMULATION TIME has its last answer; 0 when there is none."""
    times = [_hours(row.tokens[4]) for rule in rules for row in rule.premises if _asks_elapsed(row)]
    return max(times) + 1.0 if times else 0.0


def shifted(row: Row, elapsed: float) -> Row:
    """A premise on SIMULATION TIME, for a run that begins ``elapsed`` hours after the twin's reset."""
    if not _asks_elapsed(row):
        return row
    words = row.tokens
    return Row(row.line, " ".join([*words[:4], f"{_hours(words[4]) - elapsed:.9g}", *words[5:]]))


def _asks_elapsed(row: Row) -> bool:
    words = row.tokens
    return len(words) > 4 and [word.upper() for word in words[1:3]] == ["SIMULATION", "TIME"]


def _hours(text: str) -> float:
    """Decimal hours, or hours:minutes[:seconds]; an unreadable time is left to SWMM to refuse."""
    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        return 0.0
    return sum(part / 60.0**power for power, part in enumerate(parts))


def ruled(rules: Iterable[Rule]) -> set[str]:
    """Links some rule acts on."""
    return {row.tokens[2] for rule in rules for row in (*rule.then, *rule.otherwise) if len(row.tokens) > 2}


def without(rules: Iterable[Rule], held: Collection[str], elapsed: float) -> list[Row]:
    """The rules' rows, ``elapsed`` hours after reset, with every action on a held link taken out."""
    rows: list[Row] = []
    for rule in rules:
        then, otherwise = _free(rule.then, held), _free(rule.otherwise, held)
        if not then and not otherwise:
            continue
        rows += [
            *rule.head,
            *(shifted(row, elapsed) for row in rule.premises),
            *_clauses("THEN", then),
            *_clauses("ELSE", otherwise),
            *rule.tail,
        ]
    return rows


def _free(actions: list[Row], held: Collection[str]) -> list[Row]:
    return [row for row in actions if len(row.tokens) < 3 or row.tokens[2] not in held]


def _clauses(word: str, actions: list[Row]) -> list[Row]:
    if not actions:
        return [Row(0, f"THEN PUMP {NOTHING} SETTING = 0")] if word == "THEN" else []
    words = [word] + ["AND"] * (len(actions) - 1)
    return [
        Row(row.line, " ".join([first, *row.tokens[1:]])) for first, row in zip(words, actions, strict=True)
    ]
