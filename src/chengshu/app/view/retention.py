"""The view of retention: what is due and held, two persons for a deletion, proofs checked on demand."""

from __future__ import annotations

from typing import Any

from chengshu.app.view.grading_base import DataBase
from chengshu.console import model as shown
from chengshu.console.model import retention as page
from chengshu.foundation.access import Resource as Thing
from chengshu.kernel.clock import from_millis
from chengshu.kernel.errors import Conflict
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Resource
from chengshu.resources.retention import Destruction, Due, Hold, Item, Proposal, among

_ITEMS = 50


class RetentionReading(DataBase):
    """What people see of retention, and do."""

    def retention(self, person: shown.Person) -> page.RetentionView:
        """What is due, the holds that stand, the deletions, newest first."""
        self.require(person, "view", "ledger")
        queries = self.hub.retention.queries
        due, holds = queries.due(self.means.clock.now()), queries.holds()
        done = queries.destructions()[::-1]
        proposals = {one.entry: one for one in queries.proposals()}
        entries = self.hub.ledger_queries.many(
            [*(one.entry for one in due), *(one.entry for one in holds), *(one.entry for one in done)]
        )
        return page.RetentionView(
            queries.rule_count,
            tuple(self._due_row(person, one, entries, proposals.get(one.entry)) for one in due),
            tuple(self._hold_row(person, one, entries.get(one.entry)) for one in holds),
            tuple(self._deletion_row(one, entries.get(one.entry)) for one in done),
            self.may(person, "propose_deletion", "resource", area=self.root).allowed,
        )

    def deletion(self, person: shown.Person, id_: str, digest: str) -> page.ProofView:
        """A deletion, its proof held against the journal and what is there now."""
        self.require(person, "view", "ledger")
        proof = self.hub.retention.queries.proof(id_)
        found = among(proof, digest) if digest else None
        entry = self.hub.ledger_queries.many([proof.destruction.entry]).get(proof.destruction.entry)
        return page.ProofView(
            self._deletion_row(proof.destruction, entry),
            proof.entry,
            proof.hash,
            _in_words(proof.broken),
            tuple(sorted(proof.counts().items())),
            tuple(_item(one) for one in proof.items[:_ITEMS]),
            max(0, len(proof.items) - _ITEMS),
            digest,
            (found[0].name, found[1], found[2]) if found else None,
        )

    def propose_deletion(self, person: shown.Person, entry: str, root: str, why: str) -> None:
        """Propose what was shown."""
        self._must(person, "propose_deletion", entry)
        due = self._due_now(entry)
        if due is None:
            raise Conflict("retention-gone", "nothing of it is due any more", where=entry)
        self.hub.retention.proposals.propose(due, root, self.account(person).actor, why)

    def confirm_deletion(self, person: shown.Person, proposal: str) -> str:
        """The second person's word; the hub carries it out at once."""
        room = self.hub.retention
        found = room.queries.proposal(proposal)
        self._must(person, "confirm_deletion", found.entry, (found.by,))
        return room.proposals.confirm(proposal, self._due_now(found.entry), self.account(person).actor).id

    def withdraw_deletion(self, person: shown.Person, proposal: str) -> None:
        """Nobody goes on with it."""
        found = self.hub.retention.queries.proposal(proposal)
        self._must(person, "propose_deletion", found.entry)
        self.hub.retention.proposals.withdraw(proposal, self.account(person).actor)

    def hold_data(self, person: shown.Person, entry: str, reason: str, law: str) -> None:
        """A legal hold."""
        self._must(person, "propose_deletion", self.hub.ledger_queries.get(entry).id)
        self.hub.retention.retention.hold(entry, reason, self.account(person).actor, law=law)

    def release_hold(self, person: shown.Person, hold: str, reason: str) -> None:
        """The end of one."""
        found = self.hub.retention.queries.hold(hold)
        self._must(person, "propose_deletion", found.entry)
        self.hub.retention.retention.release(hold, reason, self.account(person).actor)

    def _due_now(self, entry: str) -> Due | None:
        found = self.hub.retention.queries.due(self.means.clock.now(), entry)
        return found[0] if found else None

    def _scope_of(self, entry: Resource | None) -> dict[str, Any]:
        department = (entry.provider or entry.owner) if entry else ""
        return {"department": department if department in self.city.departments else "", "area": self.root}

    def _allowed(
        self,
        person: shown.Person,
        action: str,
        entry: str,
        known: Resource | None,
        hands: tuple[str, ...] = (),
    ) -> shown.Permission:
        scope = self._scope_of(known)
        areas = tuple(self.city.areas.ancestors(scope["area"]))
        thing = Thing("resource", entry, scope["department"], areas, handlers=hands)
        decision = self.means.access.decide(self.account(person), action, thing)
        return shown.Permission(decision.allowed, decision.reason.text)

    def _must(self, person: shown.Person, action: str, entry: str, hands: tuple[str, ...] = ()) -> None:
        known = self.hub.ledger_queries.many([entry]).get(entry)
        self.require(person, action, "resource", entry, handlers=hands, **self._scope_of(known))

    def _due_row(
        self, person: shown.Person, due: Due, entries: dict[str, Resource], proposal: Proposal | None
    ) -> page.DueRow:
        entry = entries.get(due.entry)
        may = self._allowed(person, "propose_deletion", due.entry, entry)
        return page.DueRow(
            due.entry,
            entry.title if entry else Text.of(due.entry),
            due.ground.rule,
            due.ground.keep,
            due.ground.law,
            Text.of(due.ground.basis),
            from_millis(due.since),
            tuple(_item(one) for one in due.items[:_ITEMS]),
            max(0, len(due.items) - _ITEMS),
            due.root,
            due.holds,
            self._proposal_row(person, due, entry, proposal) if proposal else None,
            may.allowed,
            may.reason,
        )

    def _proposal_row(
        self, person: shown.Person, due: Due, entry: Resource | None, proposal: Proposal
    ) -> page.ProposalRow:
        may = self._allowed(person, "confirm_deletion", due.entry, entry, (proposal.by,))
        return page.ProposalRow(
            proposal.id,
            self.who(proposal.by),
            from_millis(proposal.at),
            proposal.why,
            proposal.root == due.root,
            proposal.by == person.id,
            may.allowed,
            may.reason,
        )

    def _hold_row(self, person: shown.Person, hold: Hold, entry: Resource | None) -> page.HoldRow:
        may = self._allowed(person, "propose_deletion", hold.entry, entry)
        title = entry.title if entry else Text.of(hold.entry)
        by, at = self.who(hold.by), from_millis(hold.at)
        return page.HoldRow(hold.id, hold.entry, title, hold.reason, hold.law, by, at, may.allowed)

    def _deletion_row(self, one: Destruction, entry: Resource | None) -> page.DeletionRow:
        return page.DeletionRow(
            one.id,
            one.entry,
            entry.title if entry else Text.of(one.entry),
            one.state,
            self.who(one.by),
            from_millis(one.finished_at or one.at),
            one.ground.law,
            one.count,
            one.proven or one.marked,
            one.why,
        )


def _in_words(broken: str) -> Text:
    """What does not fit, in three languages; empty when everything does."""
    if broken.endswith(_AGAIN):
        return _IS_THERE.fill(name=broken.removesuffix(_AGAIN))
    return _BROKEN.get(broken, Text.of(broken))


_AGAIN = " is there again"
_IS_THERE = Text("{name} is there again", "{name} 重新出现", "{name} 重新出現")
_BROKEN = {
    one.en: one
    for one in (
        Text(
            "what was marked is not what the journal says",
            "所标记的内容与日志不符",
            "所標記的內容與日誌不符",
        ),
        Text("it is not finished", "尚未完成", "尚未完成"),
        Text(
            "what was destroyed is not what the journal says",
            "所销毁的内容与日志不符",
            "所銷毀的內容與日誌不符",
        ),
        Text("the journal itself was changed", "日志本身被改动过", "日誌本身被改動過"),
    )
}


def _item(one: Item) -> page.ItemRow:
    return page.ItemRow(one.holding, one.name, one.digest, one.size, one.outcome)
