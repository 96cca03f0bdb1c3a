"""Search for programs: entries of the ledger with facets, and passages of documents with their clause."""

from chengshu.surfaces.find.router import router

__all__ = ["router"]
