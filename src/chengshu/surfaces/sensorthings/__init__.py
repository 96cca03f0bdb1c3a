"""Entities and their evolution as SensorThings 1.1, read only."""

from chengshu.surfaces.sensorthings.router import CONFORMANCE, router

__all__ = ["CONFORMANCE", "router"]
