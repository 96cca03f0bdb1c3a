"""Chengshu 城樞: the open intelligent hub for cities."""
