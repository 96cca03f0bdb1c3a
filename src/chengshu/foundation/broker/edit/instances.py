"""Attribute instances and their birth and change times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from chengshu.foundation.broker.ld.nulls import is_null
from chengshu.foundation.broker.model import Attribute, Entity, Touched

Instances = tuple[Attribute, ...]


def stamped(new: Attribute, old: Attribute | None, now: int) -> Attribute:
    """``new`` as written at ``now``: born then, or when ``old``, in whose place it comes, was born."""
    born = old.created_at if old and old.created_at else now
    inner = new.attributes
    if inner:
        before = old.attributes if old else {}
        after = {name: stamped_all(items, before.get(name, ()), now) for name, items in inner.items()}
        inner = {name: items for name, items in after.items() if items}
    return replace(new, created_at=born, modified_at=now, attributes=inner)


def stamped_all(new: Instances, old: Instances, now: int) -> Instances:
    """Each of ``new`` stamped with the instance of its dataset in ``old``; those that are to go are not."""
    # lists, not generators, here and below: this runs for every attribute of every entity of a batch
    return tuple([stamped(item, find(old, item.dataset), now) for item in new if not is_null(item.value)])


def born(new: Instances, now: int) -> Instances:
    """Instances of an attribute that was not there, as written at ``now``; those that are to go are not."""
    if len(new) == 1 and not new[0].attributes and not is_null(new[0].value):  # nearly always
        return (replace(new[0], created_at=now, modified_at=now),)
    return stamped_all(new, (), now)


def find(instances: Iterable[Attribute], dataset: str) -> Attribute | None:
    """The instance of ``dataset`` ('' is the default one), if there is one."""
    for item in instances:
        if item.dataset == dataset:
            return item
    return None


def put(instances: Instances, item: Attribute) -> Instances:
    """``instances`` with ``item`` in the place of the one of its dataset, or at the end."""
    if any(old.dataset == item.dataset for old in instances):
        return tuple(item if old.dataset == item.dataset else old for old in instances)
    return (*instances, item)


def without(instances: Instances, dataset: str) -> Instances:
    """``instances`` without the one of ``dataset``."""
    return tuple(item for item in instances if item.dataset != dataset)


class Draft:
    """An entity being changed: its attributes, and what was touched so far."""

    def __init__(self, before: Entity) -> None:
        self.before = before
        self.attributes: dict[str, Instances] = dict(before.attributes)
        self.touched: list[Touched] = []

    def at(self, name: str, dataset: str) -> Attribute | None:
        """The instance as it is now."""
        return find(self.attributes.get(name, ()), dataset)

    def put(self, name: str, item: Attribute) -> None:
        """Write an instance, stamped already, over the one of its dataset or beside the others."""
        old = self.at(name, item.dataset)
        self.attributes[name] = put(self.attributes.get(name, ()), item)
        self.touched.append(Touched(name, "updated" if old else "created", item.dataset, old))

    def drop(self, name: str, dataset: str) -> None:
        """Delete an instance that is there."""
        old = self.at(name, dataset)
        rest = without(self.attributes[name], dataset)
        if rest:
            self.attributes[name] = rest
        else:
            del self.attributes[name]
        self.touched.append(Touched(name, "deleted", dataset, old))


def differences(before: Mapping[str, Instances], after: Mapping[str, Instances]) -> tuple[Touched, ...]:
    """What happened to each instance when ``after`` took the place of ``before``."""
    if not before:
        return tuple(
            [Touched(name, "created", item.dataset) for name, items in after.items() for item in items]
        )
    touched = []
    for name, items in after.items():
        for item in items:
            old = find(before.get(name, ()), item.dataset)
            touched.append(Touched(name, "updated" if old else "created", item.dataset, old))
    for name, items in before.items():
        for old in items:
            if find(after.get(name, ()), old.dataset) is None:
                touched.append(Touched(name, "deleted", old.dataset, old))
    return tuple(touched)
