"""Published versions as files again, so that a city's folder and its git history have them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from chengshu.foundation.rulebook.model import RuleChange
from chengshu.foundation.rulebook.standing import Rule, take_publications
from chengshu.kernel.errors import Conflict


def exported(
    rules: dict[tuple[str, str], Rule], changes: Iterable[RuleChange], out: Path
) -> dict[Path, bytes]:
    """The files of every rule that was published: what held before, and each publication under its day.

    ``out`` is laid out as a city's ``overlays``. Files know days only: of versions that begin on one day,
    the last one stands.
    """
    take_publications(rules, changes)
    files: dict[Path, bytes] = {}
    for rule in rules.values():
        if not rule.published:
            continue
        folder = out / rule.scenario.id / "rules"
        for version in (*rule.files, *rule.published):
            if version.since is None:
                files[folder / f"{rule.name}.dmn"] = version.data
            else:
                files[folder / rule.name / f"{_day(version.since, rule)}.dmn"] = version.data
    return files


def _day(moment: datetime, rule: Rule) -> str:
    return moment.astimezone(rule.zone).date().isoformat()


def write_files(files: dict[Path, bytes], *, overwrite: bool = False) -> list[Path]:
    """Write what is not there yet, each file whole or not at all; returns the paths written.

    Raises Conflict, and writes nothing, when a file has other content and ``overwrite`` is not given.
    """
    wanted = {path: data for path, data in files.items() if not path.is_file() or path.read_bytes() != data}
    if not overwrite:
        for path in wanted:
            if path.is_file():
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
