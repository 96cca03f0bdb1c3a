"""Policies: who may do what, and the reason given to whoever may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.foundation.access import ACTIONS, ROLES, Access, Grant, Person, Resource
from chengshu.kernel.errors import Denied, Invalid
from chengshu.kernel.texts import Text

NAMES = {
    "water": Text("Water Bureau", "水务局", "水務局"),
    "roads": Text("Roads Bureau", "公路局", "公路局"),
    "north": Text("North District", "北区", "北區"),
    "n1": Text("First Street", "第一街道", "第一街道"),
}
WORDS = '@reason("a") @reason_zh_hans("b") @reason_zh_hant("c")'
ACCESS = Access(names=lambda key: NAMES.get(key, Text.of(key)))
IN_NORTH = ("n1", "north", "city")


def who(*grants: Grant, unit: str = "", disabled: bool = False) -> Person:
    return Person("person:me", "me", "Me", grants, unit, disabled=disabled)


def task(department: str = "water", areas: tuple[str, ...] = IN_NORTH, assignee: str = "") -> Resource:
    return Resource("task", "t1", department, areas, assignee=assignee)


@pytest.mark.parametrize(
    ("grant", "allowed"),
    [
        (Grant("operator", "water", "north"), True),
        (Grant("operator", "water", "n1"), True),
        (Grant("operator", "water"), True),
        (Grant("operator"), True),
        (Grant("lead", "water", "city"), True),
        (Grant("commander", "*", "north"), True),
        (Grant("operator", "water", "south"), False),
        (Grant("operator", "roads", "north"), False),
        (Grant("viewer", "water", "north"), False),
        (Grant("administrator"), False),  # who runs the hub does not thereby do the work
        (Grant("commander", "*", "south"), False),
    ],
)
def test_a_task_is_done_by_its_department_in_its_area(grant: Grant, allowed: bool) -> None:
    assert ACCESS.decide(who(grant), "complete_task", task()).allowed is allowed


def test_grants_do_not_mix() -> None:
    person = who(Grant("operator", "water", "south"), Grant("operator", "roads", "north"))
    assert not ACCESS.decide(person, "complete_task", task("water", IN_NORTH))
    assert ACCESS.decide(person, "complete_task", task("roads", IN_NORTH))


def test_a_denial_says_which_role_is_missing_where_in_three_languages() -> None:
    decision = ACCESS.decide(who(Grant("operator", "roads")), "complete_task", task())
    assert decision.policies == () and decision.reason.rule == "default.deny"
    assert decision.reason.text.say("en") == (
        "You may not complete this task: it needs operator or lead of Water Bureau in "
        "First Street; or commander in First Street."
    )
    assert "水务局在第一街道的操作员或负责人" in decision.reason.text.say("zh-Hans")
    assert "水務局在第一街道的操作員或負責人" in decision.reason.text.say("zh-Hant")
    assert decision.reason.inputs["department"] == "water"
    with pytest.raises(Denied) as caught:
        ACCESS.require(who(), "complete_task", task())
    assert caught.value.extra["reason"]["rule"] == "default.deny"


def test_a_permit_names_its_policy() -> None:
    decision = ACCESS.decide(who(Grant("operator", "water")), "complete_task", task())
    assert decision.policies == ("task.department",)
    assert decision.reason.text.say("en") == "Operators and leads handle the tasks of their own department."


def test_a_claimed_task_is_in_one_persons_hands() -> None:
    taken = task(assignee="person:other")
    decision = ACCESS.decide(who(Grant("operator", "water")), "complete_task", taken)
    assert (decision.allowed, decision.policies) == (False, ("task.other-hands",))
    assert ACCESS.decide(who(Grant("lead", "water")), "complete_task", taken)
    assert ACCESS.decide(who(Grant("operator", "water")), "complete_task", task(assignee="person:me"))


def test_work_orders_belong_to_the_crew() -> None:
    order = Resource("work_order", "w1", "water", IN_NORTH, units=("urn:ngsi-ld:Crew:7",))
    assert ACCESS.decide(who(Grant("crew"), unit="urn:ngsi-ld:Crew:7"), "accept_work_order", order)
    assert not ACCESS.decide(who(Grant("crew"), unit="urn:ngsi-ld:Crew:8"), "report_work_order", order)
    assert not ACCESS.decide(
        who(Grant("crew")), "accept_work_order", Resource("work_order", "w2", units=("",))
    )
    assert ACCESS.decide(who(Grant("operator", "water")), "report_work_order", order)


def test_who_handled_an_event_does_not_close_it() -> None:
    officer = who(Grant("duty_officer", "*", "north"))
    assert ACCESS.decide(officer, "close_event", Resource("event", "e", areas=IN_NORTH))
    decision = ACCESS.decide(
        officer, "close_event", Resource("event", "e", areas=IN_NORTH, handlers=("person:me",))
    )
    assert (decision.allowed, decision.reason.rule) == (False, "event.own-work")


def test_warnings_settings_records_and_the_hub() -> None:
    warning = Resource("warning", "w", areas=IN_NORTH)
    assert ACCESS.decide(who(Grant("operator", "water", "north")), "acknowledge_warning", warning)
    assert not ACCESS.decide(who(Grant("operator", "water", "south")), "acknowledge_warning", warning)
    assert not ACCESS.decide(who(Grant("viewer")), "acknowledge_warning", warning)
    assert ACCESS.decide(who(Grant("lead", "water")), "edit_settings", Resource("settings", "s", "water"))
    assert not ACCESS.decide(who(Grant("lead", "roads")), "edit_settings", Resource("settings", "s", "water"))
    assert ACCESS.decide(who(Grant("viewer")), "view", Resource("event", "e"))
    assert not ACCESS.decide(who(Grant("lead", "water")), "view", Resource("journal"))
    assert ACCESS.decide(who(Grant("auditor")), "view", Resource("journal"))
    assert ACCESS.decide(who(Grant("administrator")), "administer", Resource("hub"))
    assert not ACCESS.decide(
        who(*(Grant(role) for role in ROLES if role != "administrator")), "administer", Resource("hub")
    )


def test_rules_are_written_by_their_department_and_approved_by_another_person() -> None:
    rules = Resource("rules", "waterlogging", "water", IN_NORTH)
    writer, lead = who(Grant("operator", "water")), who(Grant("lead", "water"))
    assert ACCESS.decide(writer, "edit_rules", rules)
    assert not ACCESS.decide(who(Grant("operator", "roads")), "edit_rules", rules)
    assert not ACCESS.decide(who(Grant("viewer")), "edit_rules", rules)
    assert not ACCESS.decide(writer, "approve_rules", rules)
    assert ACCESS.decide(lead, "approve_rules", rules)
    assert ACCESS.decide(who(Grant("commander")), "approve_rules", rules)
    own = Resource("rules", "waterlogging", "water", IN_NORTH, handlers=("person:me",))
    decision = ACCESS.decide(lead, "approve_rules", own)
    assert (decision.allowed, decision.reason.rule) == (False, "rules.four-eyes")
    assert "second person" in decision.reason.text.en and "另一人" in decision.reason.text.zh_hans


def test_work_orders_are_assigned_by_command_or_the_departments_lead() -> None:
    order = Resource("work_order", "o", "water", IN_NORTH)
    for grant in (Grant("duty_officer"), Grant("commander", area="north"), Grant("lead", "water")):
        assert ACCESS.decide(who(grant), "assign_work_order", order)
    for grant in (
        Grant("crew"),
        Grant("operator", "water"),
        Grant("lead", "roads"),
        Grant("commander", area="south"),
    ):
        assert not ACCESS.decide(who(grant), "assign_work_order", order)


def test_data_are_asked_for_and_decided_on_by_ones_own_department() -> None:
    request = Resource("sharing", "share-1", "water")
    assert ACCESS.decide(who(Grant("operator", "water", "n1")), "share_data", request)
    assert ACCESS.decide(who(Grant("lead", "water")), "share_data", request)
    for grant in (
        Grant("operator", "roads"),
        Grant("viewer", "water"),
        Grant("administrator"),
        Grant("commander"),
    ):
        assert not ACCESS.decide(who(grant), "share_data", request)
    assert not ACCESS.decide(who(Grant("lead")), "share_data", Resource("sharing", "share-1"))


def test_a_closed_account_may_nothing() -> None:
    person = who(*(Grant(role) for role in ROLES), disabled=True)
    found = ACCESS.permissions(person, task())
    assert set(found) == set(ACTIONS)
    assert not any(decision.allowed for decision in found.values())


def test_an_unknown_action_is_a_mistake_of_the_code() -> None:
    with pytest.raises(ValueError, match="no action"):
        ACCESS.decide(who(), "fly", task())


DEPARTMENTS = ("water", "roads", "police")
grants = st.builds(
    Grant,
    st.sampled_from([role for role in ROLES if role != "commander"]),
    st.sampled_from(DEPARTMENTS),
    st.sampled_from(["*", "city", "north", "n1", "south"]),
)


@given(
    st.lists(grants, max_size=6),
    st.sampled_from(DEPARTMENTS),
    st.sampled_from([IN_NORTH, ("south", "city"), ()]),
    st.sampled_from(["", "person:me", "person:other"]),
)
def test_nobody_completes_a_task_of_another_department(
    held: list[Grant], department: str, areas: tuple[str, ...], assignee: str
) -> None:
    decision = ACCESS.decide(who(*held), "complete_task", task(department, areas, assignee))
    fitting = [
        grant
        for grant in held
        if grant.department == department
        and grant.role in ("operator", "lead")
        and (grant.area == "*" or not areas or grant.area in areas)
    ]
    if not fitting:
        assert not decision.allowed
    if decision.allowed:
        assert decision.policies == ("task.department",)
    assert decision.reason.text.say("zh-Hant")


def test_a_city_adds_its_own_policies() -> None:
    extra = """
        @id("city.neighbours") @reason("Roads helps Water in storms.")
        @reason_zh_hans("暴雨时公路局协助水务局。")
        @reason_zh_hant("暴雨時公路局協助水務局。")
        permit (principal, action == Action::"complete_task", resource)
        when { resource.department == "water" && principal.grants.operator.contains("roads@*") };"""
    city = Access({"policies.cedar of the city": extra})
    decision = city.decide(who(Grant("operator", "roads")), "complete_task", task())
    assert (decision.allowed, decision.policies) == (True, ("city.neighbours",))
    assert not ACCESS.decide(who(Grant("operator", "roads")), "complete_task", task())
    assert "city.neighbours" in [policy.id for policy in city.policies]


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ("permit (principal, action, resource", "policy-syntax"),
        (
            f'@id("x") {WORDS} permit (principal, action == Action::"fly", resource);',
            "policy-schema",
        ),
        (
            f'@id("x") {WORDS} permit (principal, action, resource) when {{ principal.shoe == 42 }};',
            "policy-schema",
        ),
        ('@reason("a") permit (principal, action, resource);', "policy-words"),
        (
            f'@id("administer") {WORDS} permit (principal, action, resource);',
            "policy-double",
        ),
    ],
)
def test_a_bad_policy_is_refused_with_its_file(extra: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        Access({"city.cedar": extra})
    assert code in {fault["code"] for fault in caught.value.extra["faults"]}
    assert caught.value.fault.where == "city.cedar"


def test_ids_with_odd_characters_are_only_ids() -> None:
    person = Person('person:"x\\', "x", "X", (Grant("operator", "water"),))
    assert ACCESS.decide(person, "complete_task", Resource("task", 'a"b\\c\n', "water", IN_NORTH))
