"""Whether a city has the departments that its scenarios give work to."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from lxml import etree

from chengshu.foundation.city import City
from chengshu.foundation.city.model import Scenario
from chengshu.foundation.declared import read_document
from chengshu.kernel.errors import ChengshuError, Fault

TASK = "{urn:chengshu:bpmn:1}task"
#: file → its list, and the key in each entry that names a department
LISTS = {
    "sources.yaml": ("sources", "department"),
    "indicators.yaml": ("indicators", "owner"),
    "dispatch.yaml": ("units", "department"),
}


def missing_offices(city: City) -> Iterator[Fault]:
    """A fault for every department that a scenario names and the city does not have.

    Files that cannot be read are told by their own checks and left out here; names that are expressions are
    known only when a plan runs.
    """
    for scenario in city.scenarios.values():
        for place, name in _named(scenario):
            if name not in city.departments:
                near = get_close_matches(name, city.departments, n=1)
                yield Fault(
                    "department-unknown",
                    f"{scenario.id} gives work to the department {name!r}, which the city does not have",
                    place,
                    (f"did you mean {near[0]!r}? Else " if near else "")
                    + f"declare it in {city.folder / 'departments.yaml'}, "
                    f"or name another in {city.folder / 'overlays' / scenario.id}",
                )


def _named(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Place and department wherever the scenario names one."""
    if (path := scenario.file("plan.bpmn")) is not None:
        yield from _in_plan(path)
    for name, (key, word) in LISTS.items():
        if (path := scenario.file(name)) is not None:
            yield from _in_list(path, key, word)


def _in_plan(path: Path) -> Iterator[tuple[str, str]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        tree = etree.fromstring(path.read_bytes(), parser)
    except etree.XMLSyntaxError:
        return
    for task in tree.iter(TASK):
        for key in ("department", "escalate"):
            name = task.get(key)
            if name and not name.startswith("="):
                yield f"{path}:{task.sourceline}", name


def _in_list(path: Path, key: str, word: str) -> Iterator[tuple[str, str]]:
    try:
        document = read_document(path)
    except ChengshuError:
        return
    entries = document.data.get(key) if isinstance(document.data, dict) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        name = entry.get(word) if isinstance(entry, dict) else None
        if isinstance(name, str) and name:
            yield document.where((key, index)), name
