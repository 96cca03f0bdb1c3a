"""BPMN processes on SpiffWorkflow, with FEEL instead of Python."""

from chengshu.engines.spiff.engine import SpiffEngine

__all__ = ["SpiffEngine"]
