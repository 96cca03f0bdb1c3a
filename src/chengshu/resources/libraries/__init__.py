"""Base libraries (基礎庫): which entry is the authority for which key, and how well it covers its kind."""

from chengshu.resources.libraries.commands import mark_libraries
from chengshu.resources.libraries.covering import Coverage, cover
from chengshu.resources.libraries.declared import LibrariesFile, Library, read_libraries
from chengshu.resources.libraries.keys import check_key, entry_name, key_of, normal_key
from chengshu.resources.libraries.queries import LibraryQueries, Standing

__all__ = [
    "Coverage",
    "LibrariesFile",
    "Library",
    "LibraryQueries",
    "Standing",
    "check_key",
    "cover",
    "entry_name",
    "key_of",
    "mark_libraries",
    "normal_key",
    "read_libraries",
]
