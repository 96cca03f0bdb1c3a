"""A dataset as Croissant: what is in which file, which fields records have, how they are split. Pure.

Source: Croissant Format Specification 1.1 (MLCommons), and Croissant RAI 1.0 for answers of the datasheet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from chengshu.kernel.clock import from_millis, iso
from chengshu.kernel.texts import Text
from chengshu.resources.datasets.datasheet import Answers, form
from chengshu.resources.datasets.model import DatasetVersion, StoredFile
from chengshu.resources.ledger import Resource

VERSION = "http://mlcommons.org/croissant/1.1"
RAI = "http://mlcommons.org/croissant/RAI/1.0"
_CR = (
    *("arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field"),
    *("fileProperty", "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath"),
    *("key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace"),
    *("samplingRate", "separator", "source", "subField", "transform"),
)
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    "description": {"@container": "@language"},
    **{name: f"cr:{name}" for name in _CR},
}
_TYPES = (
    ("sc:Boolean", r"BOOLEAN"),
    ("sc:Integer", r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?"),
    ("sc:Float", r"DOUBLE|FLOAT|DECIMAL.*"),
    ("sc:DateTime", r"TIMESTAMP.*"),
    ("sc:Date", r"DATE"),
    ("sc:Time", r"TIME"),
)
_MEDIA = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".parquet": "application/x-parquet",
    ".jsonl": "application/jsonlines",
    ".ndjson": "application/jsonlines",
    ".json": "application/json",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".zip": "application/zip",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
}
_PARTS = {
    "train": "cr:TrainingSplit",
    "validation": "cr:ValidationSplit",
    "val": "cr:ValidationSplit",
    "test": "cr:TestSplit",
}


class Table(msgspec.Struct, frozen=True):
    """A table as it is exported: its file, and by column what it means (``split``, ``label`` or nothing)."""

    file: StoredFile
    roles: dict[str, str] = {}
    parts: tuple[str, ...] = ()


def croissant(
    entry: Resource, version: DatasetVersion, files: Sequence[StoredFile], tables: Sequence[Table]
) -> dict[str, Any]:
    """The description of an export; ``files`` are all of it but itself, by their place below the folder."""
    ids = _ids(files)
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [VERSION, RAI],
        "name": _tagged(entry.title),
        "description": _tagged(entry.summary) or _tagged(entry.title),
        "identifier": entry.id,
        "url": entry.id,
        "version": f"{version.number}.0.0",
        "datePublished": iso(from_millis(version.at)),
        "license": version.licence or entry.licence,
        "keywords": list(entry.keywords),
        "citeAs": f"{entry.title.say('en')}, version {version.number}, {entry.provider}".rstrip(", "),
        "creator": {"@type": "sc:Organization", "name": entry.provider} if entry.provider else None,
        "distribution": [_file(item, ids[item.name]) for item in files],
        "recordSet": [
            *(_splits(table) for table in tables if table.parts),
            *(_records(table, ids[table.file.name]) for table in tables),
        ],
        **_rai(version.datasheet),
    }
    return {key: value for key, value in found.items() if value}


def _ids(files: Sequence[StoredFile]) -> dict[str, str]:
    """An id for each file: its place, with the signs that names may not have made plain."""
    found: dict[str, str] = {}
    for item in files:
        plain = re.sub(r"[^\w.-]+", "_", item.name, flags=re.ASCII).strip("_") or "file"
        while plain in found.values():
            plain += "_"
        found[item.name] = plain
    return found


def _file(item: StoredFile, id_: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": id_,
        "name": id_,
        "contentUrl": item.name,
        "contentSize": f"{item.size} B",
        "encodingFormat": media_type(item.name),
        "sha256": item.sha256,
    }


def media_type(name: str) -> str:
    """By the ending of a file's name."""
    return _MEDIA.get(name[name.rfind(".") :].lower(), "application/octet-stream")


def data_type(type_: str) -> str:
    """Croissant's type for a column's own."""
    return next((name for name, form_ in _TYPES if re.fullmatch(form_, type_.upper())), "sc:Text")


def _records(table: Table, file: str) -> dict[str, Any]:
    stem = _stem(table)
    return {
        "@type": "cr:RecordSet",
        "@id": stem,
        "name": stem,
        "field": [
            _field(stem, at, name, type_, table.roles.get(name, ""), file)
            for at, (name, type_) in enumerate(table.file.columns, 1)
        ],
    }


def _field(stem: str, at: int, name: str, type_: str, role: str, file: str) -> dict[str, Any]:
    plain = re.sub(r"[^\w-]+", "_", name, flags=re.ASCII).strip("_") or "column"
    kinds = {"split": "cr:Split", "label": "cr:Label"}
    types = [data_type(type_), kinds[role]] if role in kinds else data_type(type_)
    found = {
        "@type": "cr:Field",
        "@id": f"{stem}/{at}_{plain}",
        "name": plain,
        "description": name,
        "dataType": types,
        "source": {"fileObject": {"@id": file}, "extract": {"column": name}},
    }
    if role == "split":
        found["references"] = {"field": {"@id": f"{stem}_splits/name"}}
    return found


def _splits(table: Table) -> dict[str, Any]:
    stem = f"{_stem(table)}_splits"
    fields = (("name", "sc:Text"), ("kind", "sc:Text"))
    return {
        "@type": "cr:RecordSet",
        "@id": stem,
        "name": stem,
        "dataType": "cr:Split",
        "key": {"@id": f"{stem}/name"},
        "field": [
            {"@type": "cr:Field", "@id": f"{stem}/{name}", "name": name, "dataType": type_}
            for name, type_ in fields
        ],
        "data": [
            {f"{stem}/name": part, f"{stem}/kind": _PARTS.get(part.lower(), "cr:Split")}
            for part in table.parts
        ],
    }


def _stem(table: Table) -> str:
    name = table.file.name.rpartition("/")[2].rpartition(".")[0] or table.file.name
    return re.sub(r"[^\w-]+", "_", name, flags=re.ASCII).strip("_") or "records"


def _tagged(text: Text) -> dict[str, str]:
    return {language: words for language, words in text.as_dict().items() if words}


def _rai(answers: Answers) -> dict[str, str]:
    """Answers that Croissant RAI has a place for, in the first language there is."""
    said: Mapping[str, Text] = {name: Text.of(dict(value)) for name, value in answers.items()}
    return {
        f"rai:{item.rai}": said[item.id].say("en")
        for item in form().questions
        if item.rai and item.id in said
    }
