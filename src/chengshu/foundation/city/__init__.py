"""A city is a folder: who and what there is, read once into frozen models."""

from chengshu.foundation.city.model import City, Department, Duty, Scenario

__all__ = ["City", "Department", "Duty", "Scenario"]
