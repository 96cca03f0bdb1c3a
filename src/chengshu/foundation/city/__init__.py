"""A city is a folder: who and what there is, read once into frozen models."""

from chengshu.foundation.city.model import City, Department, Duty, Scenario
from chengshu.foundation.city.reader import read_city

__all__ = ["City", "Department", "Duty", "Scenario", "read_city"]
