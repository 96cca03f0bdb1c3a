"""The hash-chained journal, the change stream and the outbox: who did what, when, why, under which policy."""

from chengshu.foundation.journal.commands import Act, append_change, record, send
from chengshu.foundation.journal.model import Actor, Entry
from chengshu.foundation.journal.queries import changes_after, entries_about, head, last_seq, verify

__all__ = [
    "Act",
    "Actor",
    "Entry",
    "append_change",
    "changes_after",
    "entries_about",
    "head",
    "last_seq",
    "record",
    "send",
    "verify",
]
