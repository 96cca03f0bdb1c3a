"""Errors of DMN models."""

from __future__ import annotations

from chengshu.kernel.errors import Invalid


class DmnError(Invalid):
    """A file that is no DMN model, or a model that cannot be evaluated as it stands."""

    def __init__(self, detail: str, where: str = "", remedy: str = "") -> None:
        super().__init__("dmn-model", detail, where=where, remedy=remedy)
