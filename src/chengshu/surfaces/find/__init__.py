"""Search for programs: the ledger's entries, as JSON, with facets and the why of each hit."""

from chengshu.surfaces.find.router import router

__all__ = ["router"]
