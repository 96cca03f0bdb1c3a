"""The error of this surface: whatever a client said wrong is a 400 (OGC 17-069r4, clause 7.5.1)."""

from __future__ import annotations

from chengshu.kernel.errors import Invalid


class BadRequest(Invalid):
    """A parameter, filter or coordinate reference system that cannot be used."""

    status = 400
    title = "The request cannot be answered"
