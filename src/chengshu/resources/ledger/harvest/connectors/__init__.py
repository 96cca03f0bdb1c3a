"""Connectors: one file per kind of source."""
