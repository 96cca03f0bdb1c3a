"""A registration changed by a fragment (clause 5.9.3): written out, patched, and read again as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.registry.model import Registration
from chengshu.foundation.broker.registry.reading import patched, read_registration
from chengshu.foundation.broker.registry.rendering import render_registration


def amended(
    registration: Registration, fragment: Mapping[str, Any], context: LdContext, *, now_ms: int
) -> Registration:
    """``registration`` with the members of ``fragment`` (names of ``context``); null takes a member away.

    Raises :class:`BadRequestData` when the result is not a registration, or the fragment changes id or type.
    """
    current = render_registration(registration, context)
    return read_registration(patched(current, fragment), context, now_ms=now_ms)
