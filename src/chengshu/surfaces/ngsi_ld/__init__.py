"""NGSI-LD over HTTP (ETSI GS CIM 009 V1.8.1, clause 6)."""

from chengshu.surfaces.ngsi_ld.dispatch import Surface
from chengshu.surfaces.ngsi_ld.limits import Limits
from chengshu.surfaces.ngsi_ld.openapi import openapi
from chengshu.surfaces.ngsi_ld.operation import PREFIX, Operation
from chengshu.surfaces.ngsi_ld.rooms import Rooms, anyone
from chengshu.surfaces.ngsi_ld.routes import operations

__all__ = ["PREFIX", "Limits", "Operation", "Rooms", "Surface", "anyone", "openapi", "operations"]
