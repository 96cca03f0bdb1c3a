"""The Common Alerting Protocol: warnings out as CAP 1.2 in an Atom feed, foreign messages read strictly."""

from chengshu.surfaces.cap.reading import CapAlert, read_cap, schema_faults
from chengshu.surfaces.cap.router import router

__all__ = ["CapAlert", "read_cap", "router", "schema_faults"]
