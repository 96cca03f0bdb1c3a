"""Two persons: what one proposed and nobody changed the other confirms; nothing goes by one hand alone."""

from __future__ import annotations

import pytest
from tests.retention.office import ENTRY, LIN, Office

from chengshu.foundation.journal import Actor, entries_about
from chengshu.kernel.errors import Conflict, Denied, Missing
from chengshu.resources.retention import RetentionFinisher

MEI = Actor("person:mei")


def test_one_proposes_another_confirms_and_it_is_proven(office: Office) -> None:
    office.add("one")
    office.wait(366)
    due = office.due()
    found = office.proposals.propose(due, due.root, LIN, "the year is over")
    assert office.queries.proposals() == [found] and office.vault.sweep(set()) == 1
    office.add("one")  # the bytes are there again, as they were
    with pytest.raises(Denied, match="does not confirm"):
        office.proposals.confirm(found.id, due, LIN)
    assert office.queries.destructions() == []
    marked = office.proposals.confirm(found.id, due, MEI)
    assert (marked.state, marked.by) == ("marked", MEI.id)
    kept = office.queries.proposal(found.id)
    assert (kept.state, kept.ended_by, kept.destruction) == ("confirmed", MEI.id, marked.id)
    RetentionFinisher(office.database, office.retention).tick(office.clock.now())
    assert office.queries.proof(marked.id).broken == ""
    with office.database.read() as connection:
        told = [(one.actor, one.action) for one in entries_about(connection, found.id)]
    assert told == [(LIN.id, "retention.proposed"), (MEI.id, "retention.confirmed")]
    with pytest.raises(Conflict, match="is confirmed"):
        office.proposals.confirm(found.id, due, MEI)


def test_what_changed_since_or_is_held_is_not_confirmed_and_stays_proposed(office: Office) -> None:
    office.add("one")
    office.wait(366)
    due = office.due()
    found = office.proposals.propose(due, due.root, LIN)
    with pytest.raises(Conflict, match="proposed already"):
        office.proposals.propose(due, due.root, MEI)
    with pytest.raises(Conflict, match="nothing of it is due"):
        office.proposals.confirm(found.id, None, MEI)
    office.add("two")
    office.wait(366)
    with pytest.raises(Conflict, match="not what was shown"):
        office.proposals.confirm(found.id, office.due(), MEI)
    hold = office.retention.hold(ENTRY, "a case before the court", LIN)
    with pytest.raises(Conflict, match="holds it"):
        office.proposals.confirm(found.id, due, MEI)
    assert office.queries.proposals() == [found] and office.queries.destructions() == []
    office.proposals.withdraw(found.id, LIN)
    with pytest.raises(Conflict, match="is withdrawn"):
        office.proposals.withdraw(found.id, MEI)
    held = office.due()
    with pytest.raises(Conflict, match="legal hold"):
        office.proposals.propose(held, held.root, LIN)
    office.retention.release(hold.id, "closed", LIN)
    with pytest.raises(Conflict, match="not what was shown"):
        office.proposals.propose(office.due(), "0" * 64, LIN)
    with pytest.raises(Missing):
        office.queries.proposal("proposal-none")
