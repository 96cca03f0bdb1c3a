"""Secrets of channels: from the environment or a file, never from the city's folder, never shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from chengshu.foundation.notices.declared import Secret
from chengshu.kernel.errors import Unavailable

_LARGEST = 4096


def secret_of(declared: Secret, environment: Mapping[str, str] | None = None) -> str:
    """The secret. Raises :class:`Unavailable` when it is not there: there is no default."""
    if declared.env:
        found = (os.environ if environment is None else environment).get(declared.env, "")
        if not found:
            raise Unavailable(
                "secret-missing",
                f"the environment variable {declared.env} is not set",
                where=declared.env,
                remedy="set it where the hub is started",
            )
        return found
    path = Path(declared.file)
    try:
        found = path.read_bytes()[:_LARGEST].decode("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        found = ""
    if not found:
        raise Unavailable(
            "secret-file",
            f"the file {declared.file} has no secret that the hub can read",
            where=declared.file,
            remedy="put the secret into it, readable by the hub's user only",
        )
    return found
