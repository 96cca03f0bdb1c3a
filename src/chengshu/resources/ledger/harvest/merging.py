"""What a harvested description may change of an entry, and what people have said of it and stays."""

from __future__ import annotations

from msgspec.structs import replace

from chengshu.kernel.texts import Text
from chengshu.resources.ledger.harvest.declared import HarvestSource
from chengshu.resources.ledger.model import Field, Origin, Resource

#: Parts that people decide. Once an entry says one of them, no harvest changes it.
KEPT = (
    *("code", "class_path", "base_library", "owner", "steward", "purpose", "sharing", "sharing_condition"),
    *("sharing_mode", "open", "open_condition", "grade", "related"),
)
_FIELD_KEPT = ("title", "description", "category", "grade", "sharing", "unit")
_PLAIN, _PLAIN_FIELD = Resource("", "dataset", Text()), Field("")


def harvested(source: HarvestSource, native_id: str, checksum: str, found: Resource) -> Resource:
    """A found description with what the declaration of its source says of all."""
    return replace(
        found,
        provider=found.provider or source.department,
        owner=found.owner or source.department,
        steward=found.steward or source.steward,
        sharing=source.sharing,
        themes=found.themes or source.themes,
        licence=found.licence or source.licence,
        origin=Origin(source.id, native_id, checksum),
        state="active",
    )


def declared(source: HarvestSource, native_id: str, entry: Resource) -> Resource:
    """The entry with what its source declares now, whatever the data are: class, words, titles of columns."""
    entry = replace(entry, source_class=source.source_class)
    words = source.entries.get(native_id)
    if words is None:
        return entry
    return replace(
        entry,
        title=entry.title if "title" in entry.said else words.title,
        summary=entry.summary if "summary" in entry.said else words.summary or entry.summary,
        themes=words.themes or entry.themes,
        fields=tuple(replace(part, title=words.fields.get(part.name, part.title)) for part in entry.fields),
    )


def merged(before: Resource | None, found: Resource) -> Resource:
    """The entry after a harvest: the source's word on what it is, people's word on how it is governed."""
    if before is None:
        return found
    kept = {name: getattr(before, name) for name in KEPT if getattr(before, name) != getattr(_PLAIN, name)}
    kept |= {name: getattr(before, name) for name in before.said} | {"said": before.said}
    earlier = {part.name: part for part in before.fields}
    fields = tuple(_field(earlier.get(part.name), part) for part in found.fields)
    return replace(found, **kept, fields=fields)


def _field(before: Field | None, found: Field) -> Field:
    if before is None:
        return found
    kept = {
        name: getattr(before, name)
        for name in _FIELD_KEPT
        if getattr(before, name) != getattr(_PLAIN_FIELD, name)
    }
    return replace(found, **kept)
