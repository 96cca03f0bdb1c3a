"""A linter for entities that are not quite NGSI-LD: what is wrong, how to mend it, and the mended entity.

Made for examples of Smart Data Models and exports of NGSI v2 brokers. Nothing is guessed that is not said:
what cannot be mended is left out of the mended entity, and a fault says so.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld import checks
from chengshu.foundation.broker.ld.attributes import DEEPEST, AttributeReader, attribute_name, types_of
from chengshu.foundation.broker.ld.contexts import CORE, LdContext
from chengshu.foundation.broker.ld.members import GENERATED, RESERVED
from chengshu.foundation.broker.ld.mending import MEMBERS, RULES, Mend, Object, is_geometry_kind
from chengshu.kernel.errors import Fault

_MOST_MENDS = 24  # of one attribute
_HEADER = frozenset(
    {"id", "@id", "type", "@type", "scope", "expiresAt", "@context", "createdAt", "modifiedAt"}
)
_OWN = MEMBERS | GENERATED | {"valueType"}
_OWN_LOWER = frozenset(name.lower() for name in MEMBERS)
_GEO = frozenset({"location", "observationSpace", "operationSpace"})


class Linted(msgspec.Struct, frozen=True):
    """The faults in order of the payload, and an entity without them: None when there is no entity at all."""

    faults: tuple[Fault, ...]
    mended: dict[str, Any] | None


def lint(payload: Any, context: LdContext = CORE) -> Linted:
    """Check an entity and mend it; ``mended`` can always be read with the same context."""
    if not isinstance(payload, dict):
        fault = Fault("entity", "this is not an entity", "", 'write an object, as {"id": …, "type": …}')
        return Linted((fault,), None)
    return _Linter(context).run(payload)


class _Linter:
    def __init__(self, context: LdContext) -> None:
        self._context = context
        self._reader = AttributeReader(context)
        self._faults: list[Fault] = []
        self._known: set[str] = set()

    def run(self, payload: Object) -> Linted:
        mended = self._header(payload)
        for name, said in payload.items():
            if name not in _HEADER and name not in {"deletedAt"}:
                self._attribute(mended, name, said)
        return Linted(tuple(self._faults), mended)

    def _note(self, code: str, detail: str, where: str, remedy: str) -> None:
        self._faults.append(Fault(code, detail, where[:256], remedy))

    def _header(self, payload: Object) -> Object:
        types = payload.get("type", payload.get("@type"))
        try:
            types_of(types, "type", self._context)
        except BadRequestData as error:
            self._note("type", error.fault.detail, "type", "name the type of the entity")
            types = "Thing"
        mended: Object = {"id": self._id(payload, types), "type": types}
        if "scope" in payload:
            self._scope(mended, payload["scope"])
        if "expiresAt" in payload:
            try:
                mended["expiresAt"] = checks.time(payload["expiresAt"], "expiresAt")
            except BadRequestData as error:
                self._note("time", error.fault.detail, "expiresAt", error.fault.remedy)
        if "@context" in payload:
            mended["@context"] = payload["@context"]
        return mended

    def _id(self, payload: Object, types: Any) -> str:
        said = payload.get("id", payload.get("@id"))
        try:
            return checks.uri(said, "id")
        except BadRequestData as error:
            kind = re.sub(r"\W+", "_", types if isinstance(types, str) else str(types[0]))[-80:]
            word = re.sub(r"[^\w:.\-]+", "-", str(said))[:200] if said not in (None, "") else "1"
            mended = f"urn:ngsi-ld:{kind}:{word}"
            self._note("id", error.fault.detail, "id", f"write a URI such as {mended}")
            return mended

    def _scope(self, mended: Object, said: Any) -> None:
        items = said if isinstance(said, list) else [said]
        kept = []
        for item in items:
            try:
                kept.append(checks.scope(item))
            except BadRequestData as error:
                self._note("scope", error.fault.detail, "scope", error.fault.remedy)
        if kept:
            mended["scope"] = kept if isinstance(said, list) else kept[0]

    def _attribute(self, mended: Object, name: str, said: Any) -> None:
        right = self._name(name, name)
        if right is None:
            return
        iri = self._context.expand(right)
        if iri in self._known:
            self._note("name", f"'{right}' is said twice", name, "leave one out")
            return
        found = self._mended(name, said, DEEPEST)
        if found is not None and right in _GEO and not self._geographic(found):
            self._note("geometry", f"'{right}' is not a GeoProperty", name, "write a GeoJSON geometry")
            return
        if found is not None:
            mended[right] = found
            self._known.add(iri)

    def _geographic(self, said: Any) -> bool:
        try:
            return all(item.kind == "GeoProperty" for item in self._reader.instances(said))
        except BadRequestData:
            return False

    def _name(self, name: str, where: str) -> str | None:
        """The name itself, or one with what is not allowed in names replaced; None when nothing is left."""
        try:
            attribute_name(name, self._context)
        except BadRequestData as error:
            detail = error.fault.detail
        else:
            return name
        right = re.sub(r"\W+", "_", name).strip("_")[:200]
        right += "_" if right in RESERVED or right in _HEADER else ""
        try:
            attribute_name(right, self._context)
        except BadRequestData:
            self._note("name", detail, where, "choose another name; left out")
            return None
        self._note("name", detail, where, f"write '{right}'")
        return right

    def _mended(self, where: str, said: Any, depth: int) -> Any:
        """The attribute as NGSI-LD has it; None when it cannot be."""
        if isinstance(said, list) and said and all(isinstance(item, dict) for item in said):
            items = [self._mended(f"{where}[{number}]", item, depth) for number, item in enumerate(said)]
            kept = [item for item in items if item is not None]
            return self._checked(where, kept) if kept else None
        for _ in range(_MOST_MENDS):
            if isinstance(said, dict):
                said = self._inner(where, said, depth)
            try:
                self._reader.instances(said)
            except BadRequestData as error:
                mend = self._mend(said)
                if mend is None:
                    fault = error.fault
                    place = f"{where}.{fault.where}" if fault.where else where
                    self._note("left-out", fault.detail, place, f"{fault.remedy}; left out")
                    return None
                place = f"{where}.{mend.where}" if mend.where else where
                self._note(mend.code, mend.detail, place, mend.remedy)
                said = mend.said
            else:
                return said
        self._note("left-out", "there are too many faults here", where, "write the attribute anew; left out")
        return None

    def _mend(self, said: Any) -> Mend | None:
        if said is None:
            return None
        if not isinstance(said, dict):
            mend = next((found for rule in RULES if (found := rule({"value": said})) is not None), None)
            return mend if mend is not None and "value" in mend.said else None
        return next((found for rule in RULES if (found := rule(said)) is not None), None)

    def _inner(self, where: str, said: Object, depth: int) -> Object:
        """The attributes of an attribute mended first, so that a fault that remains is its own."""
        if is_geometry_kind(said.get("type")):
            return said
        if depth == 0 or not (said.keys() & MEMBERS):
            return said
        rest: Object = {}
        for name, item in said.items():
            if name in _OWN or name.strip().lower() in _OWN_LOWER:
                rest[name] = item
                continue
            place = f"{where}.{name}"
            right = self._name(name, place)
            inner = self._mended(place, item, depth - 1) if right is not None else None
            if right is not None and inner is not None and right not in rest:
                rest[right] = inner
        return rest

    def _checked(self, where: str, kept: list[Any]) -> Any:
        """Instances together: of two with the same datasetId the first is kept."""
        while True:
            said = kept if len(kept) > 1 else kept[0]
            try:
                self._reader.instances(said)
            except BadRequestData as error:
                self._note("dataset", error.fault.detail, where, f"{error.fault.remedy}; the later left out")
                if len(kept) == 1:
                    return None
                kept = kept[:-1]
            else:
                return said
