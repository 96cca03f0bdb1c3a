"""Keys of base libraries: their one form, whether they can be right, and by which an entry is asked."""

from __future__ import annotations

import re

from chengshu.kernel.errors import Invalid
from chengshu.resources.grading.checksums import identity_checks, uscc_checks
from chengshu.resources.ledger import Resource
from chengshu.resources.libraries.declared import LibrariesFile

_REGION = re.compile(r"\d{6}(\d{3}(\d{3})?)?")
_CERTIFICATE = re.compile(r"[0-9A-Za-z\u4e00-\u9fff()（）〔〕\[\]/.-]{4,64}")


def normal_key(value: str) -> str:
    """A key in its one form: no spaces, Latin letters great."""
    return "".join(value.split()).upper()


def valid_key(kind: str, value: str) -> bool:
    """Whether a key can be right: its form, and its check sign where it has one (GB 11643, GB 32100)."""
    if kind == "identity_number":
        return len(value) == 18 and value.isascii() and bool(identity_checks([value])[0])
    if kind == "uscc":
        return len(value) == 18 and value.isascii() and bool(uscc_checks([value])[0])
    return bool((_REGION if kind == "region_code" else _CERTIFICATE).fullmatch(value))


def check_key(kind: str, value: str) -> str:
    """The key in its one form. Raises :class:`Invalid` for one that nobody can have; it is not repeated."""
    found = normal_key(value)
    if not valid_key(kind, found):
        raise Invalid(
            "library-key",
            f"this is no {kind.replace('_', ' ')}",
            where="key",
            remedy="look for a sign too many, too few or mistaken",
        )
    return found


def entry_name(resource: Resource) -> str:
    """How declarations name a harvested entry: ``source/name``; empty for others."""
    return f"{resource.origin.source}/{resource.origin.native_id}" if resource.origin else ""


def key_of(declared: LibrariesFile, resource: Resource) -> str:
    """The field by which an entry may be asked: its key, where it is the authority of a library."""
    name = entry_name(resource)
    return next((item.field for item in declared.libraries if name and item.entry == name), "")
