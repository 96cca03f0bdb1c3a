"""What stands in a path: ids of entities and names of attributes."""

from __future__ import annotations

import re

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import LdContext

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_NAME = re.compile(r"[^\s<>\"'=;()?\\{}|^`]+")


def is_uri(text: str) -> bool:
    """Whether ``text`` can be the id of an entity (clause 4.6.2)."""
    return _URI.fullmatch(text) is not None


def entity_id(text: str) -> str:
    """``text`` as the id of an entity. Raises :class:`BadRequestData` when it is not a URI."""
    if not is_uri(text):
        raise BadRequestData(
            f"{text[:200]!r} is not a URI", where="entityId", remedy="an id looks like urn:ngsi-ld:Type:name"
        )
    return text


def instance_id(text: str) -> str:
    """``text`` as the id of an attribute instance. Raises :class:`BadRequestData` when it is not a URI."""
    if not is_uri(text):
        raise BadRequestData(f"{text[:200]!r} is not a URI", where="instanceId", remedy="give a URI")
    return text


def attribute_name(text: str, context: LdContext) -> str:
    """The IRI of the attribute ``text`` names. Raises :class:`BadRequestData` when it cannot be a name."""
    if not _NAME.fullmatch(text):
        raise BadRequestData(
            f"{text[:200]!r} cannot be the name of an attribute",
            where="attrId",
            remedy="use a term, a compact IRI or an IRI",
        )
    return context.name(text)
