"""What the pages of data sharing need of the hub."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from chengshu.console.model import Person
from chengshu.console.model.sharing import (
    AskForm,
    AskGiven,
    CodeGiven,
    DeskScope,
    DeskView,
    GrantView,
    RecordView,
    RequestView,
    SeenView,
    SharedFile,
    SharingAct,
    UseAsk,
    UseResult,
)


class SharingDesk(Protocol):
    """Requests for data, grants in use, the record, and residents."""

    def sharing(self, person: Person, scope: DeskScope, before: str) -> DeskView:
        """The desk: requests of a scope, newest first, those with an id below ``before`` if given."""
        ...

    def sharing_request(self, person: Person, request: str, as_of: datetime | None) -> RequestView:
        """A request by its id or its grant's. Raises Missing, Denied for who has no part in it."""
        ...

    def ask_form(self, person: Person, resource: str, completes: str, given: AskGiven | None) -> AskForm:
        """The form for an entry, as it was filled in before, or as the incomplete request was. Raises
        Missing.
        """
        ...

    def ask_for_data(self, person: Person, resource: str, given: AskGiven, completes: str) -> str:
        """Hand it in (or what was missing); the request's id. Raises Invalid, Conflict, Denied."""
        ...

    def sharing_act(self, person: Person, request: str, act: SharingAct, given: Mapping[str, str]) -> None:
        """Do the next thing. ``given`` holds reason, law, place, how, witness, digest, rows, conditions,
        rows_per_use, rows_per_day, ``treat.FIELD``, ``item.N`` with ``what.N``, as they were typed.
        """
        ...

    def grants(self, person: Person) -> tuple[GrantView, ...]:
        """The grants the person may use: those of their departments, or naming them."""
        ...

    def grant(self, person: Person, grant: str) -> GrantView:
        """One of them. Raises Missing, Denied."""
        ...

    def use_grant(self, person: Person, grant: str, asked: UseAsk) -> UseResult:
        """Read rows; the use, or the denial, is on record."""
        ...

    def take_file(self, person: Person, grant: str, asked: UseAsk) -> SharedFile:
        """A marked CSV file by a grant by file. Raises Denied with the reason, which is on record."""
        ...

    def sharing_record(self, person: Person, since: datetime | None, until: datetime | None) -> RecordView:
        """The record of a period (default: the last 30 days). Raises Denied for who is no auditor."""
        ...

    def counter(self, person: Person) -> None:
        """Raises Denied for who stands at no counter."""
        ...

    def who_used(self, person: Person, number: str) -> SeenView:
        """Who had data about a resident. Raises Invalid, Denied, TooMany."""
        ...

    def set_consent(self, person: Person, number: str, resource: str, *, given: bool) -> None:
        """Take a resident's consent back for an entry, or give it again."""
        ...

    def give_code(self, person: Person, number: str) -> CodeGiven:
        """A code with which a resident reads their own record at home; an earlier one holds no more."""
        ...

    def take_code(self, person: Person, number: str) -> None:
        """A resident's code holds no more."""
        ...

    def my_data(self, code: str) -> SeenView:
        """What a resident is told by their code. Raises Unauthenticated, TooMany."""
        ...

    def my_consent(self, code: str, resource: str, *, given: bool) -> None:
        """A resident takes consent back for an entry, or gives it again. Raises Unauthenticated, Missing."""
        ...
