"""Shared government data for programs: own grants, rows, marked files, own requests."""

from chengshu.surfaces.sharing.router import router

__all__ = ["router"]
