"""What is offered is what the desk takes: in every state, each act is tried, offered or not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from tests.sharing.office import APPLICANT, BUREAU, PROVIDER, PURPOSE, RESIDENTS, Office

from chengshu.kernel.errors import Conflict, Denied
from chengshu.resources.sharing import Request, StatutoryClock
from chengshu.resources.sharing.acts import Act, departments_for, next_acts

WHY = "because it is needed"
DIGEST = "ab" * 32


def deed(office: Office, act: Act, id_: str) -> Callable[[], Request]:
    """The act by whoever may do it."""
    desk = office.desk
    deeds: dict[Act, Callable[[], Request]] = {
        "complete": lambda: desk.complete(id_, office.ask(), APPLICANT),
        "withdraw": lambda: desk.withdraw(id_, APPLICANT),
        "missing": lambda: desk.tell_missing(id_, PROVIDER, {"purpose": "say it more plainly"}),
        "extend": lambda: desk.extend(id_, PROVIDER, WHY),
        "grant": lambda: desk.grant(id_, PROVIDER, WHY),
        "refuse": lambda: desk.refuse(id_, PROVIDER, WHY, law="條例 20"),
        "object": lambda: desk.object(id_, APPLICANT, WHY),
        "uphold": lambda: desk.settle(id_, BUREAU, upheld=True, reason=WHY),
        "reject": lambda: desk.settle(id_, BUREAU, upheld=False, reason=WHY, law="條例 20"),
        "supply": lambda: desk.supply(id_, PROVIDER, "the hub"),
        "suspend": lambda: desk.suspend(id_, PROVIDER, WHY),
        "restore": lambda: desk.restore(id_, BUREAU, WHY),
        "revoke": lambda: desk.revoke(id_, BUREAU, WHY),
        "end": lambda: desk.end(id_, APPLICANT),
        "destroyed": lambda: desk.destroyed(id_, APPLICANT, how="wiped", witness="zhao", digest=DIGEST),
    }
    return deeds[act]


PATHS: dict[str, tuple[Act, ...]] = {
    "review": (),
    "told and completed": ("missing", "complete"),
    "extended": ("extend",),
    "incomplete": ("missing",),
    "refused": ("refuse",),
    "objection": ("refuse", "object"),
    "refused for good": ("refuse", "object", "reject"),
    "granted": ("grant",),
    "supplied": ("grant", "supply"),
    "suspended": ("grant", "supply", "suspend"),
    "in use": ("grant", "supply", "suspend", "restore"),
    "ended": ("grant", "supply", "end"),
    "ended before supply": ("grant", "end"),
    "proven gone": ("grant", "supply", "end", "destroyed"),
    "withdrawn": ("withdraw",),
}


@pytest.mark.slow  # fifteen ways there for each of fifteen acts
@pytest.mark.parametrize("path", PATHS)
def test_what_is_offered_is_taken_and_nothing_else(tmp_path: Path, path: str) -> None:
    for act in get_args(Act):
        office = Office(tmp_path / f"{act}.db")
        id_ = arrive(office, PATHS[path])
        offered = next_acts(*standing(office, id_), extension=10)
        try:
            deed(office, act, id_)()
            taken = True
        except Conflict:
            taken = False
        office.database.close()
        assert taken == (act in offered), f"{path}: {act}"


def arrive(office: Office, path: tuple[Act, ...]) -> str:
    id_ = office.desk.submit(office.ask(), APPLICANT).id
    for act in path:
        deed(office, act, id_)()
    return id_


def standing(office: Office, id_: str) -> tuple[Request, list[StatutoryClock]]:
    life = office.queries.life(id_, office.clock.now())
    return life.request, [item.clock for item in life.clocks]


def test_an_extension_that_the_city_does_not_allow_is_not_offered(office: Office) -> None:
    id_ = arrive(office, ())
    assert "extend" in next_acts(*standing(office, id_), extension=10)
    assert "extend" not in next_acts(*standing(office, id_), extension=0)


def test_each_act_is_of_the_departments_that_the_desk_lets_do_it(office: Office) -> None:
    request = office.supplied()
    assert departments_for("suspend", request, "data-bureau") == ("civil", "data-bureau")
    assert departments_for("restore", request, "data-bureau") == ("data-bureau",)
    assert departments_for("end", request, "data-bureau") == ("emergency",)
    with pytest.raises(Denied):
        office.desk.end(request.id, PROVIDER)


def test_what_the_tables_propose_is_what_a_plain_grant_gives(office: Office) -> None:
    request = office.desk.submit(office.ask(), APPLICANT)
    proposed = office.desk.proposal(request)
    granted = office.desk.grant(request.id, PROVIDER, WHY).grant
    assert granted is not None and granted.fields == proposed
    assert request.ask.purpose == PURPOSE and request.ask.resource == RESIDENTS
