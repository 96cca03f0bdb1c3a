"""The ledger for other catalogues: DCAT-AP 3.0.1."""

from chengshu.surfaces.dcat.graph import CatalogGraph
from chengshu.surfaces.dcat.router import router

__all__ = ["CatalogGraph", "router"]
