"""HTTP push of observations."""

from chengshu.surfaces.ingest.router import router

__all__ = ["router"]
