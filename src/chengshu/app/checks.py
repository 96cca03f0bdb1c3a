"""Check a city or scenario folder: read everything in it as the hub would, and tell every mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from chengshu.app.data_checks import data_faults
from chengshu.app.decisions import Decisions
from chengshu.app.demo_desk import read_desk
from chengshu.app.drill.stage import read_stage
from chengshu.app.hub import read_all_sources, roads_of, wirings_of
from chengshu.app.offices import missing_offices
from chengshu.app.say import faults_of
from chengshu.engines.spiff import SpiffEngine
from chengshu.engines.swmm.twin import SwmmEngine
from chengshu.foundation.city import City, read_city
from chengshu.foundation.city.declared import CityFile, ScenarioFile
from chengshu.foundation.city.model import Scenario
from chengshu.foundation.declared import checked, read_document
from chengshu.foundation.rulebook.case_files import read_cases, rule_path
from chengshu.foundation.rulebook.declared import CasesFile, NamesFile, ParametersFile
from chengshu.foundation.rulebook.files import model_of, read_names, read_parameters, read_rules
from chengshu.foundation.sensing.declared import read_sources
from chengshu.foundation.twins.declared import read_twin
from chengshu.foundation.twins.wiring import check_fit
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.errors import ChengshuError, Fault, Invalid
from chengshu.scenes.response.declared import read_response
from chengshu.scenes.vitals import read_catalogue

FORECASTS = ("floodProbability", "floodLeadTime", "forecastDepth")


def check_folder(folder: Path, packages: Path) -> list[Fault]:
    """Every mistake of a city folder (it has city.toml) or a scenario package (it has scenario.yaml)."""
    if (folder / "city.toml").is_file():
        return check_city(folder, packages)
    if (folder / "scenario.yaml").is_file():
        return check_scenario(folder)
    return [
        Fault(
            "folder-kind",
            "this is neither a city (city.toml) nor a scenario (scenario.yaml)",
            str(folder),
            "give the folder that holds one of them, or make a city with: chengshu new NAME",
        )
    ]


def check_city(folder: Path, packages: Path) -> list[Fault]:
    """Read the city, then what each installed scenario needs of it."""
    try:
        city = read_city(folder, packages)
    except ChengshuError as error:
        return faults_of(error)
    found: list[Fault] = []
    for look in (_calendar, _sources, _indicators, _rules, _plans, _dispatch, _roads, _twins, _drills):
        found += _faults(look, city)
    found += missing_offices(city)
    found += data_faults(city)
    return _once(found)


def check_scenario(folder: Path) -> list[Fault]:
    """Read the files of a package on its own; what needs a city is checked with the city."""
    found: list[Fault] = []
    readers: dict[str, Callable[[Path], Any]] = {
        "scenario.yaml": lambda path: checked(ScenarioFile, read_document(path)),
        "sources.yaml": read_sources,
        "indicators.yaml": read_document,
        "dispatch.yaml": read_response,
        "twin.toml": read_twin,
        "plan.bpmn": _plan_file,
        "quality.yaml": read_document,
        "parameters.yaml": read_parameters,
        "rules/names.yaml": read_names,
    }
    for name, reader in readers.items():
        if (folder / name).is_file():
            found += _faults(reader, folder / name)
    found += _rules_below(folder)
    for path in sorted(folder.glob("strings/*.yaml")):
        found += _faults(read_document, path)
    found += _cases_of(folder, [folder])
    return _once(found)


def _faults(look: Callable[[Any], Any], subject: Any) -> list[Fault]:
    try:
        result = look(subject)
    except ChengshuError as error:
        return faults_of(error)
    return list(result) if isinstance(result, Iterator) else []


def _once(found: list[Fault]) -> list[Fault]:
    return list(dict.fromkeys(found))


def _calendar(city: City) -> None:
    WorkingCalendar.read(city.calendar, city.zone)


def _sources(city: City) -> None:
    read_all_sources(city)


def _indicators(city: City) -> None:
    """Indicators may use what sources bring, what twins write, and what entities declare."""
    offered: dict[str, set[str]] = {}
    for source in read_all_sources(city).values():
        offered.setdefault(source.type, set()).update(source.attributes)
    for wiring in wirings_of(city).values():
        offered.setdefault(wiring.file.nodes.entity, set()).update(FORECASTS)
    read_catalogue(city, {kind: frozenset(names) for kind, names in offered.items()})


def _rules(city: City) -> Iterator[Fault]:
    """Every rule file and version, parameters, and cases with the rules that they name."""
    found: list[Fault] = []
    for scenario in city.scenarios.values():
        for root in (scenario.folder, scenario.overlay):
            found += _rules_below(root)
            found += _faults(read_names, root / "rules" / "names.yaml")
            if (root / "parameters.yaml").is_file():
                found += _faults(read_parameters, root / "parameters.yaml")
        for root in (scenario.folder, scenario.overlay):
            found += _cases_of(root, [scenario.overlay, scenario.folder])
    return iter(found or _faults(Decisions, city))


def _rules_below(root: Path) -> list[Fault]:
    """The mistakes of the models in ``rules/`` and of the folders with versions there."""
    found: list[Fault] = []
    for path in sorted((root / "rules").glob("*")):
        if path.is_dir() and any(path.glob("*.dmn")):
            found += _faults(read_rules, path)
    for path in sorted((root / "rules").rglob("*.dmn")):
        found += _faults(_rule_file, path)
    return found


def _cases_of(scenario: Path, roots: list[Path]) -> list[Fault]:
    """The mistakes of the cases: their form, and whether the rule and the decision are there.

    Cases that are not about a decision (of indicators, of the plan) are of the form their own tests know.
    """
    found: list[Fault] = []
    for path in sorted((scenario / "cases").glob("*.yaml")):
        try:
            document = read_document(path)
            if not isinstance(document.data, dict) or "decision" not in document.data:
                continue
            for one in read_cases(path):
                head = one.decision
                rule = next((r / head.file for r in roots if head and (r / head.file).exists()), None)
                if head is None or rule is None:
                    rule_path(scenario, head.file if head else "")
                    continue
                for _, model in read_rules(rule).entries:
                    if head.decision not in model.decisions:
                        found.append(_no_decision(path, head.decision, model.decisions))
        except ChengshuError as error:
            found += faults_of(error)
    return found


def _no_decision(path: Path, name: str, known: tuple[str, ...]) -> Fault:
    return Fault(
        "cases-decision",
        f"the rules have no decision «{name}»",
        f"{path}: decision",
        f"decisions: {', '.join(known) or 'none'}",
    )


def _rule_file(path: Path) -> None:
    model = model_of(path)
    if model.problems:
        raise Invalid(
            "dmn-model",
            "the rule file has mistakes",
            where=str(path),
            faults=[
                {
                    "code": one.code,
                    "detail": one.detail,
                    "where": f"{path}: {one.where}",
                    "remedy": one.remedy or "correct this text",
                }
                for one in model.problems
            ],
        )


def _plans(city: City) -> None:
    for path in _files(city, "plan.bpmn"):
        _plan_file(path)


def _plan_file(path: Path) -> Iterator[Fault]:
    found = SpiffEngine().lint([path.read_bytes()])
    if found:
        raise Invalid(
            "plan-faults",
            "the plan has mistakes",
            where=str(path),
            faults=[
                {
                    "code": one.code,
                    "detail": one.detail,
                    "where": f"{path}: {one.where}",
                    "remedy": one.remedy,
                }
                for one in found
            ],
        )
    return iter(())


def _dispatch(city: City) -> None:
    for path in _files(city, "dispatch.yaml"):
        read_response(path)


def _roads(city: City) -> None:
    roads_of(city)


def _twins(city: City) -> Iterator[Fault]:
    """Open each model once: SWMM says what is wrong in it; then what the things of the city miss in it."""
    engine, found = SwmmEngine(workers=1), list[Fault]()
    try:
        for wiring in wirings_of(city).values():
            model = wiring.setup.model
            try:
                with closing(engine.open(wiring.setup)) as twin:
                    check_fit(wiring, twin.spec())
            except ChengshuError as error:
                found += [_placed(fault, model) for fault in faults_of(error)]
    finally:
        engine.close()
    return iter(found)


def _placed(fault: Fault, model: Path) -> Fault:
    """The fault with the model's whole path, where it names the file only."""
    if fault.where.partition(":")[0] != model.name:
        return fault
    return replace(fault, where=str(model.parent / fault.where))


def _drills(city: City) -> None:
    for name in city.scenarios:
        if (city.folder / "drills" / f"{name}.yaml").is_file():
            read_stage(city, name)
    read_desk(city)


def _files(city: City, name: str) -> list[Path]:
    scenarios: list[Scenario] = list(city.scenarios.values())
    return [path for scenario in scenarios if (path := scenario.file(name)) is not None]


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schemas of the declared files, by file name, for editors."""
    from pydantic import TypeAdapter

    from chengshu.app.demo_desk import DeskFile
    from chengshu.app.drill.declared import DevicesFile, DrillFile
    from chengshu.foundation.city.declared import DepartmentsFile, DutiesFile, OverlaySettings
    from chengshu.foundation.notices.declared import NoticesFile
    from chengshu.foundation.sensing.declared import Sources
    from chengshu.foundation.twins.declared import TwinFile
    from chengshu.resources.crossings.declared import CrossingsFile
    from chengshu.resources.inspection.declared import EntryQuality, GradingFile
    from chengshu.resources.ledger.harvest.declared import HarvestFile
    from chengshu.resources.libraries.declared import LibrariesFile
    from chengshu.resources.retention.declared import RetentionFile
    from chengshu.resources.sharing.declared import Terms
    from chengshu.scenes.response.declared import ResponseFile
    from chengshu.scenes.vitals.declared import IndicatorsFile

    models: dict[str, type] = {
        "city.toml": CityFile,
        "departments.yaml": DepartmentsFile,
        "duties.yaml": DutiesFile,
        "scenario.yaml": ScenarioFile,
        "settings.yaml": OverlaySettings,
        "sources.yaml": Sources,
        "indicators.yaml": IndicatorsFile,
        "dispatch.yaml": ResponseFile,
        "twin.toml": TwinFile,
        "devices.yaml": DevicesFile,
        "drill.yaml": DrillFile,
        "desk.yaml": DeskFile,
        "parameters.yaml": ParametersFile,
        "cases.yaml": CasesFile,
        "names.yaml": NamesFile,
        "harvest.yaml": HarvestFile,
        "sharing.yaml": Terms,
        "crossings.yaml": CrossingsFile,
        "libraries.yaml": LibrariesFile,
        "retention.yaml": RetentionFile,
        "notices.yaml": NoticesFile,
        "grading.yaml": GradingFile,
        "quality-rules.yaml": EntryQuality,
    }
    return {name: TypeAdapter(model).json_schema() for name, model in models.items()}
