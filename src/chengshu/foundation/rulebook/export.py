"""What the hub keeps of rules as files again, so that a city's folder and its git history have it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from pathlib import Path

import yaml

from chengshu.foundation.rulebook.model import KeptCase, RuleChange, Version
from chengshu.foundation.rulebook.standing import Rule, take_publications
from chengshu.kernel.errors import Conflict

_NO_WORD = re.compile(r"[^\w]+")
_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The moment of every file in an archive: the same content is the same bytes."""


def exported(
    rules: Mapping[tuple[str, str], Rule],
    changes: Iterable[RuleChange],
    kept: Iterable[KeptCase],
    begun: Container[tuple[str, str]],
    out: Path,
    moment: datetime,
) -> dict[Path, bytes]:
    """The files of every rule that was published, and of the past decisions kept as cases.

    ``out`` is laid out as a city's ``overlays``: what held before stands in ``rules/NAME.dmn``, each
    publication under its day, the cases in ``cases/NAME-kept.yaml``. Files know days only: of versions that
    begin on one day, the last one stands. A table that began in the hub (``begun``) is written once it holds.
    """
    take_publications(rules, changes)
    files: dict[Path, bytes] = {}
    for key, rule in rules.items():
        folder = out / rule.scenario.id / "rules"
        for version, plain in _written(rule, key in begun, moment):
            if plain or version.since is None:
                files[folder / f"{rule.name}.dmn"] = version.data
            else:
                files[folder / rule.name / f"{_day(version.since, rule)}.dmn"] = version.data
    return files | _cases(rules, kept, out)


def _written(rule: Rule, begun: bool, moment: datetime) -> list[tuple[Version, bool]]:
    """The versions to write; true for the one that stands as the plain file."""
    if not rule.published:
        return []
    if not begun:
        return [(version, False) for version in (*rule.files, *rule.published)]
    first, *later = sorted(rule.published, key=lambda one: one.since or moment)
    if first.since is not None and first.since > moment:
        return []  # its file would hold at once
    return [(first, True), *((version, False) for version in later)]


def _cases(rules: Mapping[tuple[str, str], Rule], kept: Iterable[KeptCase], out: Path) -> dict[Path, bytes]:
    by_decision: dict[tuple[str, str, str], list[KeptCase]] = {}
    for case in kept:
        if (case.scenario, case.file) in rules:
            by_decision.setdefault((case.scenario, case.file, case.decision), []).append(case)
    files: dict[Path, bytes] = {}
    for (scenario, file, decision), cases in by_decision.items():
        stem, word = Path(file).stem, _NO_WORD.sub("_", decision)
        name = f"{stem}-kept.yaml" if word == stem else f"{stem}-{word}-kept.yaml"
        files[out / scenario / "cases" / name] = _document(file, decision, cases)
    return files


def _document(file: str, decision: str, cases: Iterable[KeptCase]) -> bytes:
    listed = [{"name": one.name, "given": dict(one.given), "then": one.then} for one in cases]
    data = {"decision": {"file": file, "decision": decision}, "cases": listed}
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=110)
    return f"# Past decisions that were kept as cases in the hub.\n{text}".encode()


def _day(moment: datetime, rule: Rule) -> str:
    return moment.astimezone(rule.zone).date().isoformat()


def archive(files: Mapping[Path, bytes]) -> bytes:
    """The files as one zip, in order of their names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(files):
            packed.writestr(zipfile.ZipInfo(path.as_posix(), _BEGINNING), files[path])
    return made.getvalue()


def write_files(files: dict[Path, bytes], *, overwrite: bool = False) -> list[Path]:
    """Write what is not there yet, each file whole or not at all; returns the paths written.

    Raises Conflict, and writes nothing, when a file has other content and ``overwrite`` is not given. A file
    of kept cases, which only this writes, is replaced.
    """
    wanted = {path: data for path, data in files.items() if not path.is_file() or path.read_bytes() != data}
    if not overwrite:
        for path in wanted:
            if path.is_file() and not path.name.endswith("-kept.yaml"):
                raise Conflict(
                    "export-exists",
                    "a file with other content is there",
                    where=str(path),
                    remedy="look at the difference, then give --overwrite, or export to another folder",
                )
    for path, data in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(data)
        part.replace(path)
    return sorted(wanted)
