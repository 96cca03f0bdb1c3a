"""The error of this surface."""

from __future__ import annotations

from chengshu.kernel.errors import Invalid


class BadRequest(Invalid):
    """A path or an option that cannot be read, or that is not offered."""

    status = 400
    title = "The request cannot be answered"
