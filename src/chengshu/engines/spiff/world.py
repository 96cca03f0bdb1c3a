"""What a step knows and does: the instance's data, the time, and what was passed and said on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from chengshu.kernel.errors import Invalid
from chengshu.ports.process_engine import Element, Passed, Setting, Thrown
from chengshu.ports.process_feel import evaluate, plain


class World:
    """The side of one step that is not the token tree. ``data`` is the instance's only memory."""

    def __init__(self, data: Mapping[str, Any], setting: Setting) -> None:
        self.data: dict[str, Any] = dict(data)
        self.setting = setting
        self.passed: list[Passed] = []
        self.thrown: list[Thrown] = []
        self.ended = ""
        self.note: Mapping[str, Any] | None = None

    def context(self, task: Any) -> dict[str, Any]:
        """What an expression at ``task`` sees."""
        own = {"businessKey": self.setting.business_key, "now": self.setting.now}
        return own | self.data | locals_of(task)

    def evaluate(self, task: Any, text: str, where: str) -> Any:
        """FEEL at the place of ``task``."""
        return evaluate(text, self.context(task), self.setting.now, where)

    def assign(self, task: Any, element: Element, value: Any) -> None:
        """Keep a result: in the list of its multi-instance, in its variable, or spread in the data.

        Raises :class:`Invalid` when a value without a variable is no context.
        """
        value = plain(value)
        gathered = getattr(task.task_spec, "results", "")
        if gathered:
            kept = self.data.get(gathered)
            self.data[gathered] = [*(kept if isinstance(kept, list) else []), value]
        elif element.result:
            self.data[element.result] = value
        elif isinstance(value, dict):
            self.data |= value
        elif value is not None or element.kind == "scriptTask":
            raise Invalid(
                "process-result",
                f"the result of {element.id!r} is {value!r}, which has no names",
                where=f"{element.kind} {element.id!r}",
                remedy='return a FEEL context {name: value}, or name a variable with result="…"',
            )


class Instance(BpmnWorkflow):  # type: ignore[misc]
    """A token tree with its world. SpiffWorkflow's own script engine is absent on purpose."""

    def __init__(self, spec: Any, subprocess_specs: Mapping[str, Any], world: World, **options: Any) -> None:
        self.world = world
        super().__init__(spec, subprocess_specs, script_engine=NoScripts(), **options)


class NoScripts:
    """Stands where SpiffWorkflow keeps its Python engine: every use is a mistake and says so."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a process tried to run Python ({name})")


def world_of(task: Any) -> World:
    """The world a task lives in."""
    world: World = task.workflow.top_workflow.world
    return world


def locals_of(task: Any) -> dict[str, Any]:
    """The multi-instance items in whose scope ``task`` stands; inner ones win."""
    found: dict[str, Any] = {}
    at = task
    while at is not None:
        found = {**at.internal_data.get("item", {}), **found}
        parent = at.workflow.parent_task_id
        at = at.workflow.top_workflow.get_task_from_id(parent) if parent is not None else None
    return found
