"""Cedar policies: read, checked against the schema, and asked. Every answer names the policy and says why."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import cedarpy

from chengshu.foundation.access.model import ACTIONS, ROLES, Decision, Person, Resource
from chengshu.kernel.errors import Denied, Findings
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text

Names = Callable[[str], Text]
_ACTION_NAMES = {
    "view": Text("look at this", "查看", "查看"),
    "acknowledge_warning": Text("acknowledge this warning", "确认该预警", "確認該預警"),
    "claim_task": Text("claim this task", "认领该任务", "認領該任務"),
    "complete_task": Text("complete this task", "完成该任务", "完成該任務"),
    "accept_work_order": Text("accept this work order", "接受该工单", "接受該工單"),
    "report_work_order": Text("report on this work order", "反馈该工单", "回報該工單"),
    "assign_work_order": Text("assign this work order", "指派该工单", "指派該工單"),
    "close_event": Text("close this event", "结束该事件", "結束該事件"),
    "edit_settings": Text("edit these settings", "修改该设置", "修改該設定"),
    "edit_rules": Text("write these rules", "起草该规则", "起草該規則"),
    "approve_rules": Text("approve these rules", "批准该规则", "批准該規則"),
    "share_data": Text("act on this request for data", "办理该数据申请", "辦理該數據申請"),
    "grade_data": Text("say what this column holds", "认定该列内容", "認定該欄內容"),
    "label_data": Text("label these data", "标注该数据", "標註該數據"),
    "propose_deletion": Text("propose to delete these data", "提议销毁该数据", "提議銷毀該數據"),
    "confirm_deletion": Text("confirm this deletion", "确认该销毁", "確認該銷毀"),
    "administer": Text("administer the hub", "管理本系统", "管理本系統"),
}
_DENIED = Text(
    "You may not {action}: it needs {needs}.",
    "您无权{action}：需要{needs}。",
    "您無權{action}：需要{needs}。",
)
_OR = Text("; or ", "；或", "；或")
_NOTHING = Text(
    "a policy that permits it, and there is none", "相应的授权策略，目前没有", "相應的授權策略，目前沒有"
)
_WHOLE = Text("the whole city", "全市", "全市")
_NO_DEPARTMENT = Text("any department", "任一部门", "任一部門")


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as it is explained."""

    id: str
    permits: bool
    actions: tuple[str, ...]
    reason: Text
    needs: Text


class Access:
    """The judge. ``names`` gives the words for department and area ids;
    ``additions`` are the city's policies.
    """

    def __init__(self, additions: Mapping[str, str] | None = None, names: Names = Text.of) -> None:
        folder = files("chengshu.foundation.access")
        sources = {
            "policies.cedar": folder.joinpath("policies.cedar").read_text("utf-8"),
            **(additions or {}),
        }
        schema = folder.joinpath("schema.cedarschema").read_text("utf-8")
        self._names = names
        self._policies = _check(sources, schema)
        self._set = cedarpy.PolicySet.from_str("\n".join(sources.values()))

    @property
    def policies(self) -> Sequence[Policy]:
        """Every policy, in the files' order."""
        return tuple(self._policies.values())

    def decide(self, person: Person, action: str, resource: Resource) -> Decision:
        """Whether ``person`` may do ``action`` to ``resource``, and why. A disabled person may nothing.

        Raises ValueError for an action that does not exist: that is a mistake in the code, not of the person.
        """
        if action not in ACTIONS:
            raise ValueError(f"{action!r} is no action; use one of {', '.join(ACTIONS)}")
        inputs = {
            "person": person.id,
            "roles": list(person.roles),
            "action": action,
            "kind": resource.kind,
            "resource": resource.id,
            "department": resource.department,
            "area": resource.areas[0] if resource.areas else "",
        }
        if person.disabled:
            return Decision(
                False,
                Reason(
                    "account.disabled",
                    Text("This account is disabled.", "该账户已停用。", "該帳戶已停用。"),
                    inputs,
                ),
                ("account.disabled",),
            )
        request = {
            "principal": _uid("Person", person.id),
            "action": _uid("Action", action),
            "resource": _uid("Thing", f"{resource.kind}/{resource.id}"),
            "context": {},
        }
        result = cedarpy.is_authorized(request, self._set, _entities(person, resource))
        deciding = tuple(sorted(set(result.diagnostics.id_annotations_by_reason.values())))
        if result.allowed or deciding:
            rule = self._policies[deciding[0]]
            return Decision(
                result.allowed, Reason(rule.id, self._fill(rule.reason, person, resource), inputs), deciding
            )
        return Decision(False, Reason("default.deny", self._missing(person, action, resource), inputs), ())

    def require(self, person: Person, action: str, resource: Resource) -> Decision:
        """As :meth:`decide`, but raises :class:`Denied` with the reason in three languages."""
        decision = self.decide(person, action, resource)
        if not decision.allowed:
            raise Denied(
                "denied",
                decision.reason.text.say("en"),
                where=f"{resource.kind} {resource.id}".strip(),
                remedy="ask your administrator for the role, or hand it to somebody who has it",
                reason=decision.reason.as_dict(),
                policies=list(decision.policies),
            )
        return decision

    def permissions(self, person: Person, resource: Resource) -> dict[str, Decision]:
        """The decision on every action, for the console to draw its buttons by."""
        return {action: self.decide(person, action, resource) for action in ACTIONS}

    def _missing(self, person: Person, action: str, resource: Resource) -> Text:
        needs = [
            self._fill(policy.needs, person, resource)
            for policy in self._policies.values()
            if policy.permits and action in policy.actions and policy.needs.en
        ]
        said = {}
        for language in ("en", "zh-Hans", "zh-Hant"):
            unique = dict.fromkeys(text.say(language) for text in needs)
            asked = _OR.say(language).join(unique) or _NOTHING.say(language)
            said[language] = _DENIED.say(language).format(
                action=_ACTION_NAMES[action].say(language), needs=asked
            )
        return Text.of(said)

    def _fill(self, text: Text, person: Person, resource: Resource) -> Text:
        area = self._names(resource.areas[0]) if resource.areas else _WHOLE
        department = self._names(resource.department) if resource.department else _NO_DEPARTMENT
        return Text.of(
            {
                language: text.say(language)
                .replace("{area}", area.say(language))
                .replace("{department}", department.say(language))
                .replace("{person}", person.name)
                for language in ("en", "zh-Hans", "zh-Hant")
            }
        )


def _uid(kind: str, key: str) -> str:
    return f"{kind}::{json.dumps(key, ensure_ascii=False)}"


def _entities(person: Person, resource: Resource) -> list[dict[str, Any]]:
    grants: dict[str, list[str]] = {role: [] for role in ROLES}
    for grant in person.grants:
        grants[grant.role] += grant.scopes()
    who = {"login": person.id, "unit": person.unit, "roles": list(person.roles), "grants": grants}
    thing = {
        "kind": resource.kind,
        "department": resource.department,
        "area": resource.areas[0] if resource.areas else "",
        "scopes": list(resource.scopes()),
        "units": list(resource.units),
        "assignee": resource.assignee,
        "handlers": list(resource.handlers),
    }
    return [
        {"uid": {"type": "Person", "id": person.id}, "attrs": who, "parents": []},
        {"uid": {"type": "Thing", "id": f"{resource.kind}/{resource.id}"}, "attrs": thing, "parents": []},
    ]


def _check(sources: Mapping[str, str], schema: str) -> dict[str, Policy]:
    """Every policy by id. Raises :class:`Invalid` with file, policy and remedy for each mistake."""
    findings, found = Findings(), dict[str, Policy]()
    for file, source in sources.items():
        try:
            parsed = json.loads(cedarpy.policies_to_json_str(source))
        except ValueError as error:
            findings.add(
                "policy-syntax",
                f"the policies do not parse: {str(error)[:300]}",
                where=file,
                remedy="correct the Cedar text; see the shipped policies.cedar",
            )
            continue
        for mistake in cedarpy.validate_policies(source, schema).errors:
            findings.add(
                "policy-schema",
                str(mistake)[:300],
                where=file,
                remedy="use the attributes and actions of schema.cedarschema",
            )
        for declared in parsed["staticPolicies"].values():
            policy = _policy(declared)
            if (
                not policy.id
                or not policy.reason.en
                or not policy.reason.zh_hans
                or not policy.reason.zh_hant
            ):
                findings.add(
                    "policy-words",
                    f"policy {policy.id or '(without id)'!r} lacks its id or reason",
                    where=file,
                    remedy="give it @id, @reason, @reason_zh_hans and @reason_zh_hant",
                )
            elif policy.id in found:
                findings.add(
                    "policy-double",
                    f"two policies have the id {policy.id!r}",
                    where=file,
                    remedy="rename one of them",
                )
            found[policy.id] = policy
    findings.raise_any()
    return found


def _policy(declared: Mapping[str, Any]) -> Policy:
    said = declared.get("annotations", {})
    asked = declared["action"]
    entities = asked.get("entities") or ([asked["entity"]] if "entity" in asked else [])
    actions = tuple(entity.get("id", "") for entity in entities) or ACTIONS

    def text(name: str) -> Text:
        return Text(
            said.get(name) or "", said.get(f"{name}_zh_hans") or "", said.get(f"{name}_zh_hant") or ""
        )

    return Policy(
        said.get("id") or "", declared["effect"] == "permit", actions, text("reason"), text("needs")
    )
