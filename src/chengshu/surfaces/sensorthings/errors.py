"""The errors of this surface."""

from __future__ import annotations

from chengshu.kernel.errors import ChengshuError, Invalid


class BadRequest(Invalid):
    """A path or an option that cannot be read."""

    status = 400
    title = "The request cannot be answered"


class NotOffered(ChengshuError):
    """Something of SensorThings that this surface does not do; writing, above all."""

    status = 501
    title = "Not offered here"
