"""OpenLineage run events (openlineage.io, 1-0-5 facets): read from pipelines, and written for others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chengshu.kernel.clock import iso
from chengshu.kernel.errors import Invalid
from chengshu.resources.grading.lineage import Step
from chengshu.resources.lineage.sql import Job

_PRODUCER = "urn:chengshu"
_SUBTYPES = {
    "IDENTITY": "copy",
    "TRANSFORMATION": "compute",
    "AGGREGATION": "aggregate",
    "JOIN": "join",
    "FILTER": "condition",
    "CONDITIONAL": "condition",
    "GROUP_BY": "condition",
    "SORT": "condition",
    "WINDOW": "condition",
}
_SAID = {"copy": "IDENTITY", "compute": "TRANSFORMATION", "aggregate": "AGGREGATION"}


def jobs_of_event(event: Mapping[str, Any]) -> list[Job]:
    """What a COMPLETE event says was made of what; other events say nothing.

    Raises :class:`Invalid` for a body that is no run event.
    """
    try:
        if event.get("eventType") != "COMPLETE":
            return []
        sources = tuple(sorted(_dataset(item) for item in event.get("inputs") or ()))
        return [_job(item, sources) for item in event.get("outputs") or ()]
    except (KeyError, TypeError, AttributeError) as error:
        raise _no_event(error) from None


def job_name(event: Mapping[str, Any]) -> str:
    """``namespace/name`` of the job that an event is of. Raises :class:`Invalid` when it names none."""
    try:
        return f"{event['job']['namespace']}/{event['job']['name']}"
    except (KeyError, TypeError) as error:
        raise _no_event(error) from None


def _no_event(error: Exception) -> Invalid:
    return Invalid(
        "openlineage",
        f"this is no OpenLineage run event: {type(error).__name__} {error}",
        remedy="send events of the OpenLineage specification, version 1 or 2",
    )


def _job(output: Mapping[str, Any], sources: Sequence[str]) -> Job:
    target = _dataset(output)
    facet = (output.get("facets") or {}).get("columnLineage") or {}
    steps: list[Step] = []
    for column, said in (facet.get("fields") or {}).items():
        for given in said.get("inputFields") or ():
            steps.append(
                Step(
                    f"{_dataset(given)}.{given['field']}".lower(),
                    f"{target}.{column}".lower(),
                    _transform(given),
                )
            )
    return Job(target, tuple(sources), tuple(steps))


def _dataset(item: Mapping[str, Any]) -> str:
    return f"{item['name']}".lower()


def _transform(given: Mapping[str, Any]) -> str:
    for said in given.get("transformations") or ():
        if said.get("masking"):
            return "mask"
        subtype = str(said.get("subtype") or "").upper()
        if subtype in _SUBTYPES:
            return _SUBTYPES[subtype]
        return "condition" if said.get("type") == "INDIRECT" else "compute"
    return "copy"


def event_of(job: Job, *, name: str, run: str, at: datetime, namespace: str = "chengshu") -> dict[str, Any]:
    """A COMPLETE event of a job, as others read it."""
    fields: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for step in job.steps:
        source, _, column = step.source.rpartition(".")
        output = step.target.rpartition(".")[2]
        direct = step.transform in _SAID or step.transform in ("mask", "tokenise", "anonymise", "generalise")
        said = {
            "type": "DIRECT" if direct else "INDIRECT",
            "subtype": _SAID.get(step.transform, "TRANSFORMATION" if direct else step.transform.upper()),
            "masking": step.transform in ("mask", "tokenise", "anonymise", "generalise"),
        }
        entry = {"namespace": namespace, "name": source, "field": column, "transformations": [said]}
        fields.setdefault(output, {"inputFields": []})["inputFields"].append(entry)
    facet = {"_producer": _PRODUCER, "_schemaURL": f"{_PRODUCER}:columnLineage", "fields": fields}
    return {
        "eventType": "COMPLETE",
        "eventTime": iso(at),
        "producer": _PRODUCER,
        "schemaURL": f"{_PRODUCER}:openlineage",
        "run": {"runId": run},
        "job": {"namespace": namespace, "name": name},
        "inputs": [{"namespace": namespace, "name": source} for source in job.sources],
        "outputs": [{"namespace": namespace, "name": job.target, "facets": {"columnLineage": facet}}],
    }
