"""What the page of people, programs and keys needs of the hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, get_args

from chengshu.console.model import Person
from chengshu.console.model.access import AccessView, Secret

AccessAct = Literal[
    "person.add",
    "person.link",
    "person.grant",
    "person.ungrant",
    "person.disable",
    "person.enable",
    "program.add",
    "program.revoke",
    "key.add",
    "key.revoke",
]
ACCESS_ACTS: tuple[AccessAct, ...] = get_args(AccessAct)


class AccessDesk(Protocol):
    """Accounts of people, tokens of programs, keys of sources."""

    def access(self, person: Person) -> AccessView:
        """Everybody and everything that may come in. Raises Denied for others than auditors and
        administrators.
        """
        ...

    def access_act(
        self, person: Person, act: AccessAct, given: Mapping[str, str], rights: Sequence[str]
    ) -> Secret | None:
        """Do it; the secret to show once where one was made. ``given`` holds login, name, role, department,
        area, unit, grant, account, program, tenants, days, source, as they were typed. Raises Invalid,
        Conflict, Missing, Denied.
        """
        ...
