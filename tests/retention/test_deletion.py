"""What is due goes when it was looked at and confirmed; the proof holds, and breaks when touched."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from tests.retention.office import ENTRY, LIN, OTHER, Office

from chengshu.foundation.journal import entries_about, verify
from chengshu.kernel.clock import millis
from chengshu.kernel.errors import Conflict, Invalid, Missing
from chengshu.resources.datasets.model import sha256_of
from chengshu.resources.retention import RetentionFinisher, among
from chengshu.resources.retention.merkle import leads


def test_nothing_is_due_before_its_time(office: Office) -> None:
    office.add("one")
    office.wait(364)
    office.add("two")
    assert office.queries.due(office.clock.now()) == ()
    office.wait(1)
    [due] = office.queries.due(office.clock.now())
    assert due == office.due() and due.ground.rule == "reports" and due.since == millis(office.clock.now())
    assert [item.name for item in due.items] == ["version/1/a.txt"]
    office.wait(365)
    assert len(office.due().items) == 2


def test_a_deletion_from_the_look_to_the_proof(office: Office) -> None:
    office.add("one", **{"b.txt": "two"})
    office.add("one", OTHER, **{"c.txt": "three"})
    office.wait(366)
    due = office.due()
    done = office.retention.delete(due, due.root[:12], LIN)
    assert (done.state, done.count, done.marked) == ("proven", 2, due.root)
    proof = office.queries.proof(done.id)
    assert proof.broken == "" and proof.entry > 0 and len(proof.hash) == 64
    outcomes = {item.name: item.outcome for item in proof.items}
    assert outcomes == {"version/1/a.txt": "released", "version/1/b.txt": "destroyed"}  # another needs a.txt
    assert office.vault.holds(sha256_of(b"one")) and not office.vault.holds(sha256_of(b"two"))
    assert office.versions.version(ENTRY).destroyed_at and not office.versions.version(OTHER).destroyed_at
    assert office.queries.due(office.clock.now()) == ()
    assert office.queries.destroyed_with(sha256_of(b"two")) == [done.id]
    assert office.queries.destroyed_with(sha256_of(b"one")) == []
    with office.database.read() as connection:
        told = [item.action for item in entries_about(connection, done.id)]
        assert verify(connection).ok
    assert told == ["retention.marked", "retention.destroyed"]


def test_one_item_can_be_shown_without_the_others(office: Office) -> None:
    office.add("one", **{f"{name}.txt": name for name in "bcdefg"})
    office.wait(366)
    done = office.retention.delete(office.due(), office.due().root, LIN)
    found = among(office.queries.proof(done.id), sha256_of(b"d"))
    assert found is not None
    item, at, steps = found
    assert item.name == "version/1/d.txt"
    path = [bytes.fromhex(step) for step in steps]
    assert leads(item.leaf(), at, done.count, path, bytes.fromhex(done.proven))
    forged = replace(item, digest=sha256_of(b"never here"))
    assert not leads(forged.leaf(), at, done.count, path, bytes.fromhex(done.proven))
    assert among(office.queries.proof(done.id), sha256_of(b"never here")) is None


def test_equal_files_of_two_versions_go_with_the_last(office: Office) -> None:
    office.add("one", **{"b.txt": "x"})
    office.add("one", **{"b.txt": "y"})
    office.wait(366)
    done = office.retention.delete(office.due(), office.due().root, LIN)
    proof = office.queries.proof(done.id)
    assert [item.outcome for item in proof.items] == ["released", "destroyed", "destroyed", "destroyed"]
    assert proof.broken == "" and not office.vault.holds(sha256_of(b"one"))
    again = office.add("one")
    assert again.number == 3 and office.vault.holds(sha256_of(b"one"))  # new data under the same bytes
    assert office.queries.proof(done.id).broken == ""


def test_labels_and_exports_go_too(office: Office) -> None:
    office.add("one", **{"t.csv": "unit,x\nu1,1\n"})
    labels = office.folder / "labels.csv"
    labels.write_text("unit,annotator,label\nu1,an,a\n", "utf-8")
    from chengshu.resources.datasets import LabelPlan

    found = office.datasets.label(ENTRY, labels, LabelPlan("kind", "unit"), LIN)
    folder = office.export(1, **{"t.csv": "x", "u.csv": "y", "v.csv": "z"})
    (folder / "data" / "u.csv").write_text("somebody wrote into it", "utf-8")
    (folder / "data" / "v.csv").unlink()
    office.wait(366)
    done = office.retention.delete(office.due(), office.due().root, LIN)
    proof = office.queries.proof(done.id)
    assert {item.name: item.outcome for item in proof.items} == {
        "version/1/a.txt": "destroyed",
        "version/1/t.csv": "destroyed",
        "labels/kind/1": "destroyed",
        "export/1/data/t.csv": "destroyed",
        "export/1/data/u.csv": "changed",
        "export/1/data/v.csv": "absent",
    }
    assert proof.counts() == {"destroyed": 4, "changed": 1, "absent": 1} and proof.broken == ""
    assert not office.vault.holds(found.sha256) and not (folder / "data" / "t.csv").exists()
    assert (folder / "data" / "u.csv").exists()
    with pytest.raises(Missing, match="no labels"):
        office.versions.labels(ENTRY, "kind")
    assert office.queries.due(office.clock.now()) == ()


def test_an_export_leaves_no_empty_folders(office: Office) -> None:
    office.add("one")
    folder = office.export(1, **{"t.csv": "x"})
    office.wait(366)
    office.retention.delete(office.due(), office.due().root, LIN)
    assert not folder.exists() and office.folder.exists()


def test_only_what_was_shown_is_destroyed(office: Office) -> None:
    office.add("one")
    office.wait(366)
    due = office.due()
    for wrong in ("", due.root[:7], "0" * 64):
        with pytest.raises(Conflict, match="not what was shown"):
            office.retention.delete(due, wrong, LIN)
    forged = replace(due, items=(replace(due.items[0], digest=sha256_of(b"other")),))
    with pytest.raises(Conflict, match="no longer as it was"):
        office.retention.delete(forged, forged.root, LIN)
    assert office.vault.holds(sha256_of(b"one")) and office.queries.destructions() == []


def test_a_legal_hold_keeps_it(office: Office) -> None:
    office.add("one")
    office.wait(366)
    held = office.retention.hold(ENTRY, "a case before the court", LIN, law="民事訴訟法")
    due = office.due()
    assert due.holds == (held.id,)
    with pytest.raises(Conflict, match="a case before the court"):
        office.retention.delete(due, due.root, LIN)
    with pytest.raises(Invalid, match="need a reason"):
        office.retention.release(held.id, " ", LIN)
    office.retention.release(held.id, "the case is closed", LIN)
    with pytest.raises(Conflict, match="released already"):
        office.retention.release(held.id, "again", LIN)
    assert office.queries.holds() == []
    assert office.retention.delete(office.due(), due.root, LIN).state == "proven"
    with pytest.raises(Missing, match="no entry"):
        office.retention.hold("urn:x:none", "why", LIN)


def test_a_hold_that_comes_between_stops_what_is_not_done(office: Office) -> None:
    office.add("one", **{"b.txt": "two", "c.txt": "three"})
    office.wait(366)

    class Interrupted:
        """Somebody calls while the second file goes."""

        def __init__(self) -> None:
            self.inner, self.calls = office.holdings[0], 0
            self.name, self.entries, self.items = "datasets", self.inner.entries, self.inner.items
            self.holds = self.inner.holds

        def destroy(self, entry: str, item: object) -> object:
            self.calls += 1
            if self.calls == 2:
                office.retention.hold(entry, "stop", LIN)
            return self.inner.destroy(entry, item)  # type: ignore[arg-type]

    office.open([Interrupted(), office.holdings[1]])  # type: ignore[list-item]
    done = office.retention.delete(office.due(), office.due().root, LIN)
    assert (done.state, done.why) == ("stopped", "a legal hold came between")
    proof = office.queries.proof(done.id)
    assert proof.counts() == {"destroyed": 2, "kept": 1} and proof.broken == ""
    assert office.vault.holds(sha256_of(b"three"))


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        ("UPDATE retention_items SET body = replace(body, 'a.txt', 'z.txt')", "what was marked"),
        ("UPDATE retention_items SET body = replace(body, 'destroyed', 'released')", "what was destroyed"),
        ("DELETE FROM retention_items WHERE number = 1", "what was marked"),
        ("UPDATE journal SET body = replace(body, '個', '箇')", "journal itself"),
        ("DELETE FROM journal WHERE action = 'retention.destroyed'", "what was destroyed"),
    ],
)
def test_who_touches_the_proof_is_seen(tampering: str, said: str, office: Office) -> None:
    office.add("one", **{"b.txt": "two"})
    office.wait(366)
    done = office.retention.delete(office.due(), office.due().root, LIN)
    office.database.write(lambda connection: connection.execute(text(tampering)))
    assert said in office.queries.proof(done.id).broken


def test_bytes_that_come_back_are_seen(office: Office) -> None:
    office.add("one")
    office.wait(366)
    done = office.retention.delete(office.due(), office.due().root, LIN)
    office.vault.put([b"one"])
    assert "is there again" in office.queries.proof(done.id).broken


def test_what_is_not_gone_is_not_proven(office: Office) -> None:
    office.add("one")
    office.wait(366)

    class Lazy:
        """A disk that says yes and does nothing."""

        def __init__(self) -> None:
            inner = office.holdings[0]
            self.name, self.entries, self.items, self.holds = (
                "datasets",
                inner.entries,
                inner.items,
                inner.holds,
            )

        def destroy(self, entry: str, item: object) -> str:
            return "destroyed"

    own = office.holdings
    office.open([Lazy(), own[1]])  # type: ignore[list-item]
    with pytest.raises(Conflict, match="still there"):
        office.retention.delete(office.due(), office.due().root, LIN)
    [waiting] = office.queries.destructions(ENTRY)
    assert waiting.state == "marked" and office.queries.proof(waiting.id).broken == "it is not finished"
    due = office.due()
    with pytest.raises(Conflict, match="not finished"):
        office.retention.delete(due, due.root, LIN)
    office.open(own)  # the disk was mended: what is still there is destroyed, and then proven
    assert [item.state for item in office.retention.resume(LIN)] == ["proven"]
    assert not office.vault.holds(sha256_of(b"one")) and office.queries.proof(waiting.id).broken == ""


def test_a_hub_that_starts_finishes_what_was_begun(office: Office) -> None:
    office.add("one")
    office.wait(366)
    finisher = RetentionFinisher(office.database, office.retention)
    assert finisher.next_due() is None
    due = office.due()
    marked = office.retention.mark(due, due.root, LIN)
    assert finisher.next_due() == office.clock.now()
    finisher.tick(office.clock.now())
    assert finisher.next_due() is None
    assert office.queries.proof(marked.id).broken == "" and not office.vault.holds(sha256_of(b"one"))
