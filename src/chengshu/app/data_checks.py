"""Check what a city declares of its data: where it is harvested, how it is shared, measured and graded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from chengshu.app.harvesting import FILE as HARVEST
from chengshu.app.harvesting import harvest_of
from chengshu.app.say import faults_of
from chengshu.foundation.access import Access
from chengshu.foundation.broker.models.declared import EntityRules
from chengshu.foundation.city import City
from chengshu.foundation.declared import Document, checked, read_document
from chengshu.foundation.notices import read_notices
from chengshu.foundation.notices.declared import FILE as NOTICES
from chengshu.kernel.errors import ChengshuError, Fault, Invalid
from chengshu.resources.crossings.declared import FILE as CROSSINGS
from chengshu.resources.crossings.declared import read_crossings
from chengshu.resources.inspection import read_declared
from chengshu.resources.inspection.declared import GRADING, QUALITY
from chengshu.resources.knowledge.declared import FILE as DOCUMENTS
from chengshu.resources.knowledge.declared import read_documents
from chengshu.resources.knowledge.reading import read_file
from chengshu.resources.ledger.harvest import HarvestSource, read_harvest
from chengshu.resources.ledger.harvest.connectors.database import has_password
from chengshu.resources.ledger.harvest.declared import Database, Folder, Records
from chengshu.resources.libraries.declared import FILE as LIBRARIES
from chengshu.resources.libraries.declared import read_libraries
from chengshu.resources.quality.rules import Reference, mistake_of
from chengshu.resources.retention import read_retention
from chengshu.resources.sharing.declared import FILE as SHARING
from chengshu.resources.sharing.declared import read_terms
from chengshu.resources.sharing.source_rules import read_source_rules


def data_faults(city: City) -> list[Fault]:
    """Every mistake of ``harvest.yaml``, ``sharing.yaml``, ``retention.yaml``, ``documents.yaml``,
    ``quality/``, ``grading.yaml``, ``models/`` and ``policies.cedar``, each with its place and what to do.
    """
    found: list[Fault] = []
    for look in (
        _harvest,
        _sharing,
        _crossings,
        _libraries,
        _retention,
        _documents,
        _notices,
        _described,
        _models,
        _policies,
    ):
        found += _told(look, city)
    return found


def _told(look: Callable[[City], Iterable[Fault]], city: City) -> list[Fault]:
    try:
        return list(look(city))
    except ChengshuError as error:
        return faults_of(error)


def _harvest(city: City) -> Iterator[Fault]:
    path = city.folder / HARVEST
    if not path.is_file():
        return
    document = read_document(path)
    for number, source in enumerate(read_harvest(path)):
        yield from _department(city, document, number, source)
        yield from _place(city, document, number, source)


def _department(city: City, document: Document, number: int, source: HarvestSource) -> Iterator[Fault]:
    name = source.department
    if name and name not in city.departments:
        where = document.where(("sources", number, "department"))
        detail = f"the city has no department {name!r}"
        yield _unknown("harvest-department", detail, where, name, city.departments)


def _place(city: City, document: Document, number: int, source: HarvestSource) -> Iterator[Fault]:
    connector = source.connector
    if isinstance(connector, Folder | Records):
        path = city.folder / connector.path
        there = path.is_dir() if isinstance(connector, Folder) else path.is_file()
        if not there:
            kind = "folder" if isinstance(connector, Folder) else "file"
            yield Fault(
                "harvest-path",
                f"there is no {kind} {connector.path!r}",
                document.where(("sources", number, "connector", "path")),
                f"make it, or correct the path; it is relative to {city.folder}",
            )
    if isinstance(connector, Database):
        where = document.where(("sources", number, "connector", "url"))
        try:
            told = has_password(connector)
        except Invalid as error:
            yield Fault(error.fault.code, error.fault.detail, where, error.fault.remedy)
            return
        if told:
            yield Fault(
                "harvest-password",
                "a password stands in the address",
                where,
                "take it out, and name the environment variable that has it in password_env",
            )


def _sharing(city: City) -> Iterator[Fault]:
    path = city.folder / SHARING
    terms = read_terms(city.folder)
    read_source_rules(city.folder)
    if path.is_file() and terms.bureau not in city.departments:
        where = read_document(path).where(("bureau",))
        detail = f"the city has no department {terms.bureau!r} to decide objections"
        yield _unknown("sharing-bureau", detail, where, terms.bureau, city.departments)


def _crossings(city: City) -> Iterator[Fault]:
    declared = read_crossings(city.folder)
    sources = [source.id for source in harvest_of(city)]
    for number, partner in enumerate(declared.partners):
        for name in partner.sources:
            if name not in sources:
                document = read_document(city.folder / CROSSINGS)
                where = document.where(("partners", number, "sources"))
                detail = f"nothing is harvested from {name!r}"
                yield _unknown("crossings-source", detail, where, name, sources, "declare it in harvest.yaml")


def _libraries(city: City) -> Iterator[Fault]:
    sources = [source.id for source in harvest_of(city)]
    for number, library in enumerate(read_libraries(city.folder).libraries):
        document = read_document(city.folder / LIBRARIES)
        yield from _of_source(library.entry, sources, document.where(("libraries", number, "entry")))


def _retention(city: City) -> Iterator[Fault]:
    read_retention(city.folder)
    return iter(())


def _notices(city: City) -> Iterator[Fault]:
    file = read_notices(city.folder)
    if not (city.folder / NOTICES).is_file():
        return
    document = read_document(city.folder / NOTICES)
    for number, reach in enumerate(file.reach):
        where = document.where(("reach", number))
        if reach.department and reach.department not in city.departments:
            detail = f"the city has no department {reach.department!r}"
            yield _unknown("notices-department", detail, where, reach.department, city.departments)
        if reach.duty and reach.duty not in city.areas:
            detail = f"the city has no area {reach.duty!r}"
            yield _unknown("notices-area", detail, where, reach.duty, [area.id for area in city.areas])
    for number, route in enumerate(file.routes):
        for name in route.to or ():
            team, _, key = name.partition(":")
            if team == "department" and key not in city.departments:
                where = document.where(("routes", number, "to"))
                detail = f"the city has no department {key!r}"
                yield _unknown("notices-department", detail, where, key, city.departments)


def _documents(city: City) -> Iterator[Fault]:
    documents = read_documents(city.folder)
    for number, document in enumerate(documents):
        if document.provider and document.provider not in city.departments:
            where = read_document(city.folder / DOCUMENTS).where(("documents", number, "provider"))
            detail = f"the city has no department {document.provider!r}"
            yield _unknown("document-provider", detail, where, document.provider, city.departments)
        for edition in document.editions:
            path = city.folder / edition.file
            try:
                read_file(path.name, path.read_bytes())
            except ChengshuError as error:
                yield from faults_of(error)


def _described(city: City) -> Iterator[Fault]:
    """Rules and elements of entries: the entry's source must be one that is harvested."""
    declared = read_declared(city.folder)
    harvest = city.folder / HARVEST
    sources = [source.id for source in read_harvest(harvest)] if harvest.is_file() else []
    for entry, rules in declared.rules.items():
        document = read_document(rules.file)
        yield from _of_source(entry, sources, document.where(("entry",)))
        for number, rule in enumerate(rules.rules):
            if (mistake := mistake_of(rule)) is not None:
                where = document.where(("rules", number, mistake[0]))
                yield Fault("quality-rule", mistake[1], where, "correct this value")
            if isinstance(rule, Reference) and not (rules.folder / rule.file).is_file():
                yield Fault(
                    "quality-reference",
                    f"there is no file {rule.file!r} to compare with",
                    document.where(("rules", number, "file")),
                    f"add it to {city.folder / QUALITY}, or correct the name",
                )
    if declared.elements:
        document = read_document(city.folder / GRADING)
        for number, entry in enumerate(declared.elements):
            yield from _of_source(entry, sources, document.where(("entries", number, "entry")))


def _of_source(entry: str, sources: list[str], where: str) -> Iterator[Fault]:
    source = entry.partition("/")[0]
    if source not in sources:
        detail = f"nothing is harvested from {source!r}"
        yield _unknown("entry-source", detail, where, source, sources, "declare it in harvest.yaml")


def _models(city: City) -> Iterator[Fault]:
    for path in sorted((city.folder / "models").glob("*.yaml")):
        try:
            checked(EntityRules, read_document(path))
        except ChengshuError as error:
            yield from faults_of(error)


def _policies(city: City) -> Iterator[Fault]:
    path = city.folder / "policies.cedar"
    if path.is_file():
        Access({path.name: path.read_text("utf-8")})
    return iter(())


def _unknown(
    code: str,
    detail: str,
    where: str,
    name: str,
    known: Iterable[Any],
    remedy: str = "declare it in departments.yaml",
) -> Fault:
    near = get_close_matches(name, list(known), n=1)
    return Fault(code, detail, where, f"did you mean {near[0]!r}? Else {remedy}" if near else remedy)
