"""One attribute as a client writes it, normalized, concise or simplified, as instances of the model.

Source: ETSI GS CIM 009 V1.8.1, clauses 4.5.1-4.5.5 (attributes, multi-attributes), 4.6.4 (concise form).
"""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec.structs import replace

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld import checks
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.core import NGSI_LD
from chengshu.foundation.broker.ld.members import (
    GENERATED,
    KIND_BY_MEMBER,
    READ_VALUE,
    TAKEN,
    VALUE_MEMBERS,
    VALUE_OF,
)
from chengshu.foundation.broker.ld.nulls import without_nulls
from chengshu.foundation.broker.model import NULL, Attribute, AttributePatch, Kind

Instance = TypeVar("Instance", Attribute, AttributePatch)
DEEPEST = 12  # attributes of attributes
MOST_INSTANCES = 1000  # of one attribute in one request
_RARE = VALUE_MEMBERS | GENERATED | {"@type", "objectType", "valueType", "expiresAt"}
_UNITS: frozenset[Kind | None] = frozenset({"Property", "ListProperty", None})


class AttributeReader:
    """Reads the attributes of one payload.

    ``nulls`` allows the Null text that deletes; ``simplified`` takes objects that are no attributes as values
    (keyValues); ``temporal`` lets several instances share a dataset, and keeps their ``instanceId``.
    """

    __slots__ = ("context", "inner", "nulls", "simplified", "temporal")

    def __init__(
        self, context: LdContext, *, nulls: bool = False, simplified: bool = False, temporal: bool = False
    ) -> None:
        self.context = context
        self.nulls = nulls
        self.simplified = simplified
        self.temporal = temporal
        self.inner = AttributeReader(context, nulls=nulls, simplified=simplified) if temporal else None

    def typed(self, types: Any) -> AttributeReader:
        """The reader of the attributes of an entity of these types, as they are written."""
        return self._with(self.context.typed(types))

    def under(self, name: str) -> AttributeReader:
        """The reader of what stands under ``name``, which may have a context of its own."""
        return self._with(self.context.inside(name))

    def _with(self, context: LdContext) -> AttributeReader:
        if context is self.context:
            return self
        return AttributeReader(context, nulls=self.nulls, simplified=self.simplified, temporal=self.temporal)

    def instances(self, said: Any, depth: int = DEEPEST) -> tuple[Attribute, ...]:
        """Everything said under one name. Raises :class:`BadRequestData` with the place within it."""
        if type(said) is not list:
            if type(said) is dict and len(said) == 1 and type(said.get("dataset")) is dict:
                return self._by_dataset(said["dataset"], depth)
            return (self.instance(said, depth),)
        if not self._several(said):
            return (self.instance(said, depth),)
        if not said:
            raise _bad("an attribute without instances says nothing", "", "leave it out")
        found = tuple(self._numbered(item, number, depth) for number, item in enumerate(said))
        return found if self.temporal else unique(found)

    def _by_dataset(self, said: dict[str, Any], depth: int) -> tuple[Attribute, ...]:
        """Simplified instances by datasetId (clause 4.5.5)."""
        if not said:
            raise _bad("an attribute without instances says nothing", "dataset", "leave it out")
        sets = {key: "" if key == "@none" else checks.uri(key, "dataset") for key in said}
        return unique(
            tuple(replace(self.instance(item, depth), dataset=sets[key]) for key, item in said.items())
        )

    def _numbered(self, said: Any, number: int, depth: int) -> Attribute:
        try:
            return self.instance(said, depth)
        except BadRequestData as error:
            raise within(error, f"[{number}]") from error

    def _several(self, said: list[Any]) -> bool:
        """Whether a list holds instances of an attribute, rather than being the value of one."""
        if self.temporal:
            return True
        return bool(said) and any(type(item) is dict and is_attribute(item) for item in said)

    def instance(self, said: Any, depth: int = DEEPEST) -> Attribute:
        """One instance, in whatever form it is said."""
        if type(said) is not dict:
            return Attribute("Property", READ_VALUE["Property"](said, self.context, self.nulls))
        kind, member = self.kind(said)
        if kind is not None and member in said:  # nearly always
            return self._members(kind, member, said, depth)
        if (kind is None or member not in said) and not self.simplified:
            lifted = self.context.lifted(said)
            if lifted is not said:
                return self.instance(lifted, depth)
        if kind is None:
            if self.simplified:
                return Attribute("Property", READ_VALUE["Property"](said, self.context, self.nulls))
            raise _untyped(said)
        if member == "":
            return Attribute("GeoProperty", checks.geometry(said, ""))
        if member not in said:
            raise _bad(f"a {kind} needs '{member}'", "", f"say its {member}")
        return self._members(kind, member, said, depth)

    def kind(self, said: dict[str, Any]) -> tuple[Kind | None, str]:
        """The kind of attribute an object is, and the member of its value.

        ('GeoProperty', '') is a bare geometry, (None, '') an object that does not say.
        """
        named = said.get("type", said.get("@type"))
        if named is not None:
            if isinstance(named, str):
                member = VALUE_OF.get(named)  # type: ignore[call-overload]
                if member is not None:
                    return named, member  # type: ignore[return-value]
                if named in checks.GEOMETRIES or named == "GeometryCollection":
                    return "GeoProperty", ""
            return self._odd_kind(named, said)
        for member in KIND_BY_MEMBER:
            if member in said:
                return KIND_BY_MEMBER[member], member
        if "value" in said:
            return ("GeoProperty" if checks.looks_like_geometry(said["value"]) else "Property"), "value"
        return None, ""

    def _odd_kind(self, named: Any, said: dict[str, Any]) -> tuple[Kind | None, str]:
        """A type that is not one of the terms: perhaps its IRI, perhaps a value in simplified form."""
        if isinstance(named, str) and ":" in named:
            local = self.context.expand(named).removeprefix(NGSI_LD)
            member = VALUE_OF.get(local)  # type: ignore[call-overload]
            if member is not None:
                return local, member  # type: ignore[return-value]
        if self.simplified and not VALUE_MEMBERS & said.keys():
            return None, ""
        raise _bad(
            f"{checks.shown(named)} is not a type of attribute",
            "type",
            f"write one of {', '.join(VALUE_OF)}; a type of the value belongs into the value",
        )

    def _members(self, kind: Kind, member: str, said: dict[str, Any], depth: int) -> Attribute:
        observed_at = unit_code = dataset = ""
        value: Any = None
        rare: dict[str, Any] = {}
        inner: dict[str, tuple[Attribute, ...]] = {}
        for key, item in said.items():
            if key == member:
                value = READ_VALUE[kind](item, self.context, self.nulls)
            elif key == "type":
                continue
            elif key == "observedAt":
                observed_at = "" if self.nulls and item == NULL else checks.time(item, key)
            elif key == "unitCode":
                unit_code = "" if self.nulls and item == NULL else _unit(item, kind)
            elif key == "datasetId":
                dataset = "" if item == "@none" else checks.uri(item, key)
            elif key in _RARE:
                self._rare(rare, kind, key, item)
            elif key in self.context.nests:
                return self._members(kind, member, self.context.lifted(said), depth)
            else:
                name = attribute_name(key, self.context)
                inner[name] = self._inner(key, item, depth)
        if self.nulls and type(value) is dict:
            value = without_nulls(value) or (NULL if kind == "LanguageProperty" else {})
        if rare or inner:
            rare["attributes"] = inner
            return Attribute(kind, value, 0, 0, observed_at, unit_code, dataset, **rare)
        return Attribute(kind, value, 0, 0, observed_at, unit_code, dataset)

    def _inner(self, key: str, said: Any, depth: int) -> tuple[Attribute, ...]:
        """An attribute of an attribute; it has no history of its own."""
        if depth == 0:
            raise _bad(f"attributes nest deeper than {DEEPEST} levels", key[:80], "flatten them")
        reader = self.inner or self
        try:
            return reader.under(key).instances(said, depth - 1)
        except BadRequestData as error:
            raise within(error, key) from error

    def _rare(self, members: dict[str, Any], kind: Kind, key: str, item: Any) -> None:
        """The members that few attributes have; those that only the broker writes are left aside."""
        if key == "objectType":
            members["object_types"] = types_of(item, key, self.context)
        elif key == "valueType":
            members["value_type"] = self.context.expand(checks.text(item, key))
        elif key == "expiresAt":
            members["expires_at"] = checks.time(item, key)
        elif key == "instanceId" and self.temporal:
            members["instance"] = checks.uri(item, key)
        elif key in VALUE_MEMBERS:
            raise _bad(f"a {kind} has no '{key}'", key, f"its value is '{VALUE_OF[kind]}'")


def attribute_name(key: str, context: LdContext) -> str:
    """The IRI of an attribute's name. Raises :class:`BadRequestData`, also for a member under its IRI."""
    name = context.name(key)
    if name in TAKEN:
        raise _bad(
            f"'{key[:80]}' is the member '{TAKEN[name]}' and cannot be the name of an attribute",
            key[:80],
            f"write '{TAKEN[name]}' where that member belongs, or choose another name",
        )
    return name


def is_attribute(said: dict[str, Any]) -> bool:
    """Whether an object within a list is an attribute instance: it has a type of one, or a value member."""
    kind = said.get("type")
    return (type(kind) is str and kind in VALUE_OF) or not VALUE_MEMBERS.isdisjoint(said)


def unique(instances: tuple[Instance, ...]) -> tuple[Instance, ...]:
    """The instances, if there is at most one of each dataset, and one without (clause 4.5.5)."""
    if len(instances) > MOST_INSTANCES:
        raise _bad(f"the attribute has {len(instances)} instances", "", f"write at most {MOST_INSTANCES}")
    seen = set()
    for item in instances:
        if item.dataset in seen:
            raise _bad(
                f"two instances of {item.dataset}" if item.dataset else "two instances without datasetId",
                "datasetId",
                "give each instance a datasetId of its own",
            )
        seen.add(item.dataset)
    return instances


def types_of(said: Any, where: str, context: LdContext) -> tuple[str, ...]:
    """Names of types, expanded, each once."""
    names = [said] if type(said) is str and said and said != NULL else checks.strings(said, where, "a type")
    try:
        if len(names) == 1:
            return (context.name(names[0]),)
        return tuple(dict.fromkeys(context.name(name) for name in names))
    except BadRequestData as error:
        raise _bad(error.fault.detail, where, error.fault.remedy) from error


def within(error: BadRequestData, place: str) -> BadRequestData:
    """The error with the place it was found in put before its own."""
    fault = error.fault
    where = fault.where
    joined = f"{place[:256]}{'' if where[:1] in {'', '['} else '.'}{where}"
    return BadRequestData(fault.detail, where=joined[:1024], remedy=fault.remedy)


def _unit(said: Any, kind: Kind | None) -> str:
    if kind not in _UNITS:
        raise _bad(f"a {kind} has no unitCode", "unitCode", "leave it out")
    return checks.text(said, "unitCode")


def _untyped(said: dict[str, Any]) -> BadRequestData:
    names = ", ".join(list(said)[:5]) or "nothing"
    return _bad(
        f"an object with {names} is not an attribute",
        "",
        'write {"type": "Property", "value": …} or {"value": …}',
    )


def _bad(detail: str, where: str, remedy: str) -> BadRequestData:
    return BadRequestData(detail, where=where, remedy=remedy)
