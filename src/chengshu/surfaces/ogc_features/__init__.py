"""Entities as OGC API Features: parts 1 to 3, with CQL2 filters, in four reference systems."""

from chengshu.surfaces.ogc_features.router import CONFORMANCE, router

__all__ = ["CONFORMANCE", "router"]
