"""Commands about rules: evaluate, test with cases, analyse tables, compare two versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from chengshu.app.cli.base import AsJson, Packages, app
from chengshu.app.say import err, out, say_json

rules_app = typer.Typer(help="Rules in FEEL and DMN: evaluate, test, analyse, compare.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")

AsOf = Annotated[
    str, typer.Option("--as-of", help="Day whose rules and parameters apply, 2026-07-01 [default: today].")
]
DecisionName = Annotated[
    str, typer.Option("--decision", help="Which decision [default: the one that no other needs].")
]


class Tongue(StrEnum):
    """A language of the house."""

    ENGLISH = "en"
    SIMPLIFIED = "zh-Hans"
    TRADITIONAL = "zh-Hant"


Language = Annotated[Tongue, typer.Option("--language", help="Language of explanations.")]


@rules_app.command("eval")
def evaluate(
    what: Annotated[
        str,
        typer.Argument(
            metavar="EXPR_OR_MODEL", help="A FEEL expression, a .dmn file, or a folder of dated versions."
        ),
    ],
    context: Annotated[
        str, typer.Option("--context", help="YAML or JSON file with the inputs; - reads them from stdin.")
    ] = "",
    decision: DecisionName = "",
    as_of: AsOf = "",
    language: Language = Tongue.ENGLISH,
    as_json: AsJson = False,
) -> None:
    """Evaluate an expression or a decision, and say why: the rules that matched, those one cell away."""
    from chengshu.app.cli.rule_cases import read_context

    given = read_context(context) if context else {}
    if _is_model(what):
        _evaluate_model(Path(what), decision, given, _moment(as_of), language, as_json)
    else:
        _evaluate_text(what, given, _moment(as_of), language, as_json)


@rules_app.command("test")
def test(
    path: Annotated[
        Path, typer.Argument(help="A city, a scenario, its rules or one of them, or a file of cases.")
    ],
    as_of: AsOf = "",
    language: Language = Tongue.ENGLISH,
    as_json: AsJson = False,
) -> None:
    """Run the cases beside the tables; a failing one is told with the rules that decided it."""
    from chengshu.app.cli.rule_cases import sittings
    from chengshu.rules.cases import judge

    found = [
        (one.cases, list(judge(one.cases.cases, one.decide, one.head.result)))
        for one in sittings(path, _moment(as_of))
    ]
    failed = sum(not verdict.passed for _, verdicts in found for verdict in verdicts)
    total = sum(len(verdicts) for _, verdicts in found)
    if as_json:
        files = [
            {"file": str(one.path), "cases": [_verdict(verdict) for verdict in verdicts]}
            for one, verdicts in found
        ]
        say_json({"ok": not failed, "failed": failed, "total": total, "files": files})
    else:
        for one, verdicts in found:
            passed = sum(verdict.passed for verdict in verdicts)
            out.print(f"{one.path}: {passed} of {len(verdicts)}", markup=False)
            for verdict in verdicts:
                if not verdict.passed:
                    out.print(f"  fails: {verdict.text.say(language)}", markup=False)
                    _say_why(verdict.outcome, language, "    ")
        out.print(f"{total - failed} of {total} cases are decided as expected")
    raise typer.Exit(1 if failed else 0)


@rules_app.command("analyse")
def analyse(
    model: Annotated[Path, typer.Argument(help="A .dmn file, or a folder with some (a scenario's too).")],
    language: Language = Tongue.ENGLISH,
    as_json: AsJson = False,
) -> None:
    """Find gaps, overlaps and rules that never decide in every table, each with an example."""
    from chengshu.foundation.rulebook.files import around, model_of
    from chengshu.rules.dmn.analysis import analyse_model

    today = _moment("").date()
    read = [(path, model_of(path)) for path in _models(model)]
    found = [(path, analyse_model(one, around(path).context(today))) for path, one in read]
    for path, written in read:
        if written.definitions.version.startswith("later"):
            err.print(
                f"{path}: written for a later DMN than 1.5; read as far as it says the same", markup=False
            )
    count = sum(len(one.findings) for _, tables in found for one in tables.values())
    if as_json:
        say_json(
            {"ok": not count, "tables": [row for path, tables in found for row in _tables(path, tables)]}
        )
    else:
        for path, tables in found:
            for name, one in tables.items():
                for finding in one.findings:
                    out.print(f"{path}: {finding.kind}: {finding.text.say(language)}", markup=False)
                if one.unread:
                    columns = ", ".join(one.unread)
                    out.print(f"{path}: «{name}»: nothing is claimed that hangs on {columns}", markup=False)
                if not one.complete:
                    out.print(f"{path}: «{name}» is too large to be looked at whole", markup=False)
        looked = sum(len(tables) for _, tables in found)
        out.print(f"tables: {looked}, findings: {count}")
    raise typer.Exit(1 if count else 0)


@rules_app.command("diff")
def diff(
    old: Annotated[Path, typer.Argument(help="A .dmn file, a folder of dated versions, or a scenario.")],
    new: Annotated[Path, typer.Argument(help="The same after the change.")],
    cases: Annotated[Path, typer.Argument(help="Cases: YAML files or folder, or .jsonl of past inputs.")],
    decision: DecisionName = "",
    as_of: AsOf = "",
    language: Language = Tongue.ENGLISH,
    as_json: AsJson = False,
) -> None:
    """Which past cases would come out otherwise with the new version; status 1 when some would."""
    from chengshu.foundation.rulebook.case_files import read_cases
    from chengshu.foundation.rulebook.files import around, decider, read_rules
    from chengshu.rules.cases import compare

    moment, changes, total = _moment(as_of), [], 0
    for one in read_cases(cases):
        name = decision or (one.decision.decision if one.decision else "")
        part = one.decision.result if one.decision else ""
        file = one.decision.file if one.decision else ""
        here, there = _within(old, file), _within(new, file)
        others = around(one.path)
        offered = [around(here).or_else(others), around(there).or_else(around(here)).or_else(others)]
        before = decider(read_rules(here), name, offered[0], moment)
        after = decider(read_rules(there), name, offered[1], moment)
        changes += [(one.path, change) for change in compare(one.cases, before, after, part)]
        total += len(one.cases)
    if as_json:
        told = [
            {
                "file": str(path),
                "case": change.case.name,
                "text": change.text.as_dict(),
                "before": _verdict(change.before),
                "after": _verdict(change.after),
            }
            for path, change in changes
        ]
        say_json({"total": total, "changed": len(changes), "changes": told})
    else:
        for _, change in changes:
            out.print(change.text.say(language), markup=False)
            for match in change.after.outcome.matched:
                out.print(f"    {match.text.say(language)}", markup=False)
        out.print(f"{len(changes)} of {total} cases come out otherwise")
    raise typer.Exit(1 if changes else 0)


@rules_app.command("export")
def export(
    city: Annotated[Path, typer.Argument(help="The city's folder.")],
    data: Annotated[Path, typer.Option("--data", help="The hub's data folder.")],
    folder: Annotated[
        Path | None, typer.Option("--out", help="Folder to write to [default: the city's overlays].")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that differ.")] = False,
    packages: Packages = None,
    as_json: AsJson = False,
) -> None:
    """Write versions published and cases kept in a hub to files, for the city's folder and git."""
    from chengshu.app.places import find_packages
    from chengshu.app.stores import open_state
    from chengshu.foundation.city import read_city
    from chengshu.foundation.rulebook import store
    from chengshu.foundation.rulebook.export import exported, write_files
    from chengshu.foundation.rulebook.queries import all_kept_cases, begun_rules, publications
    from chengshu.foundation.rulebook.standing import fresh_rules, rules_of

    read = read_city(city, packages or find_packages(city))
    rules = rules_of(read)
    database = open_state(data, must_exist=True)
    try:
        database.create(store.metadata)
        with database.read() as connection:
            changes, kept = publications(connection), all_kept_cases(connection)
            begun = begun_rules(connection)
            rules |= fresh_rules(read, rules, begun)
    finally:
        database.close()
    files = exported(rules, changes, kept, begun, folder or city / "overlays", _moment(""))
    written = write_files(files, overwrite=overwrite)
    if as_json:
        told = [str(path) for path in written]
        say_json({"publications": len(changes), "cases": len(kept), "written": told})
    else:
        for path in written:
            out.print(str(path), markup=False, soft_wrap=True)
        err.print(
            f"publications: {len(changes)}, kept cases: {len(kept)}, files written: {len(written)}",
            markup=False,
        )


def _is_model(what: str) -> bool:
    if what.endswith(".dmn"):
        return True
    try:
        return any(Path(what).glob("*.dmn"))
    except (OSError, ValueError, NotImplementedError):  # an expression need not be a possible file name
        return False


def _moment(as_of: str) -> datetime:
    from chengshu.foundation.rulebook.files import moment_of
    from chengshu.kernel.clock import SystemClock

    return moment_of(as_of) if as_of else SystemClock().now()


def _evaluate_text(
    text: str, given: Mapping[str, Any], moment: datetime, language: str, as_json: bool
) -> None:
    from chengshu.kernel.clock import VirtualClock
    from chengshu.rules.dmn.explain import plain, shown
    from chengshu.rules.feel import compile_expression

    result = compile_expression(text, given).evaluate(given, clock=VirtualClock(moment))
    if as_json:
        say_json(
            {"value": plain(result.value), "notes": [note.text.as_dict() for note in result.diagnostics]}
        )
        return
    out.print(shown(result.value), markup=False)
    for note in result.diagnostics:
        err.print(f"note: {note.text.say(language)}", markup=False)


def _evaluate_model(
    path: Path, decision: str, given: Mapping[str, Any], moment: datetime, language: str, as_json: bool
) -> None:
    from chengshu.foundation.rulebook.files import around, decider, read_rules
    from chengshu.rules.cases import Case
    from chengshu.rules.dmn.explain import plain, shown

    offered = around(path)
    outcome = decider(read_rules(path), decision, offered, moment)(Case("", given))
    idle = offered.parameters.not_in_force(moment.date()) if offered.parameters else []
    if as_json:
        say_json(
            {
                "value": plain(outcome.value),
                "as_of": moment.isoformat(),
                **_why(outcome),
                "not_in_force": idle,
            }
        )
        return
    out.print(shown(outcome.value), markup=False)
    _say_why(outcome, language, "  ")
    for key in idle:
        err.print(f"note: the parameter {key} has no value on {moment.date()}", markup=False)


def _say_why(outcome: Any, language: str, indent: str) -> None:
    for match in outcome.matched:
        out.print(f"{indent}{match.text.say(language)}", markup=False)
    for miss in outcome.near:
        out.print(f"{indent}near: {miss.text.say(language)}", markup=False)
    for note in outcome.diagnostics:
        out.print(f"{indent}note: {note.text.say(language)}", markup=False)


def _why(outcome: Any) -> dict[str, Any]:
    from chengshu.rules.dmn.explain import plain

    return {
        "matched": [
            {
                "table": match.table,
                "rule": match.rule,
                "rule_id": match.rule_id,
                "inputs": plain(match.inputs),
                "outputs": plain(match.outputs),
                "annotations": list(match.annotations),
                "text": match.text.as_dict(),
            }
            for match in outcome.matched
        ],
        "near": [
            {
                "table": miss.table,
                "rule": miss.rule,
                "rule_id": miss.rule_id,
                "input": miss.input,
                "cell": miss.cell,
                "outputs": plain(miss.outputs),
                "text": miss.text.as_dict(),
            }
            for miss in outcome.near
        ],
        "notes": [note.text.as_dict() for note in outcome.diagnostics],
    }


def _verdict(verdict: Any) -> dict[str, Any]:
    from chengshu.rules.cases import UNSET
    from chengshu.rules.dmn.explain import plain

    expected = {} if verdict.case.then is UNSET else {"expected": plain(verdict.case.then)}
    return {
        "name": verdict.case.name,
        "passed": verdict.passed,
        "value": plain(verdict.value),
        **expected,
        **_why(verdict.outcome),
    }


def _tables(path: Path, tables: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    from chengshu.rules.dmn.explain import plain

    for name, one in tables.items():
        yield {
            "file": str(path),
            "table": name,
            "complete": one.complete,
            "unread": list(one.unread),
            "findings": [
                {
                    "kind": finding.kind,
                    "rules": list(finding.rules),
                    "example": plain(finding.example),
                    "text": finding.text.as_dict(),
                }
                for finding in one.findings
            ],
        }


def _models(path: Path) -> list[Path]:
    """The .dmn files meant by a path: itself, or those in it, its rules and their versions."""
    from chengshu.kernel.errors import Missing

    found = sorted(path.rglob("*.dmn")) if path.is_dir() else [path]
    if not found:
        raise Missing("rules-missing", "no .dmn file is here", where=str(path), remedy="give a model")
    return found


def _within(path: Path, file: str) -> Path:
    """The rules at a path: itself, or in a scenario's folder the file that the cases name."""
    from chengshu.foundation.rulebook.case_files import rule_path
    from chengshu.foundation.rulebook.files import is_versions

    if not path.is_dir() or is_versions(path) or not file:
        return path
    return rule_path(path, file)
