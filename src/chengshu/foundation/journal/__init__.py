"""The hash-chained journal, the change stream and the outbox: who did what, when, why, under which policy."""

from chengshu.foundation.journal.commands import Act, append_change, enter, record, send
from chengshu.foundation.journal.gathering import Gathering
from chengshu.foundation.journal.model import Actor, Entry
from chengshu.foundation.journal.outbox import Attempt, Delivery, Outbox, deliveries
from chengshu.foundation.journal.pump import PartHealth, Pump, Trouble
from chengshu.foundation.journal.queries import changes_after, entries_about, head, last_seq, verify

__all__ = [
    "Act",
    "Actor",
    "Attempt",
    "Delivery",
    "Entry",
    "Gathering",
    "Outbox",
    "PartHealth",
    "Pump",
    "Trouble",
    "append_change",
    "changes_after",
    "deliveries",
    "enter",
    "entries_about",
    "head",
    "last_seq",
    "record",
    "send",
    "verify",
]
