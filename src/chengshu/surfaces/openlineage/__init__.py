"""Pipelines say what they make of what: OpenLineage events in and out."""

from chengshu.surfaces.openlineage.router import router

__all__ = ["router"]
