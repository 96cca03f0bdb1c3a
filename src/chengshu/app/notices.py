"""The wiring of notices: what the city declares, over the stream of the hub, with its channels beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from chengshu.app.notices_telling import FOLLOWED, Telling
from chengshu.app.notices_words import TRIAL, TRIAL_TEXT
from chengshu.engines.http import ThreadedHttp
from chengshu.engines.smtp import SmtpSender, SmtpServer
from chengshu.foundation.access import store as access_store
from chengshu.foundation.city import City
from chengshu.foundation.journal import Outbox
from chengshu.foundation.journal.outbox import prune_outbox
from chengshu.foundation.notices import (
    House,
    NoticeFollower,
    NoticeQueries,
    Notices,
    NoticesFile,
    read_notices,
)
from chengshu.foundation.notices.channels import HookWay, MailWay
from chengshu.foundation.notices.declared import Channel, MailChannel
from chengshu.foundation.notices.model import Item, Letter
from chengshu.foundation.notices.secrets import secret_of
from chengshu.kernel.clock import Clock, SystemClock, iso, millis
from chengshu.kernel.errors import Invalid, Missing
from chengshu.ports.addresses import AddressGuard
from chengshu.ports.database import Database
from chengshu.ports.http import HttpCalls
from chengshu.ports.runtime import Channel as WayOut
from chengshu.resources.ledger import LedgerQueries
from chengshu.resources.sharing import SharingQueries

_LONGEST = timedelta(seconds=1)  # between two looks at the outbox, when nothing wakes it
_PAUSE_S = 0.1  # between two looks, however much is written
_log = structlog.get_logger("chengshu.notices")


@dataclass(frozen=True, slots=True)
class NoticesRoom:
    """What people are told, how it follows from the stream, and what can be read of it."""

    notices: Notices
    follower: NoticeFollower
    queries: NoticeQueries


def notices_of(
    city: City,
    database: Database,
    clock: Clock,
    sharing: SharingQueries,
    ledger: LedgerQueries,
    bureau: str,
    *,
    outside: bool,
) -> NoticesRoom:
    """The notices of a city. ``outside``: whether anything may leave the hub. Raises :class:`Invalid` with
    the mistakes of ``notices.yaml``.
    """
    house = House(lambda area: _above(city, area), lambda body: _parent(city, body))
    notices = Notices(
        database,
        clock,
        read_notices(city.folder),
        access_store.all_people,
        house,
        city.zone,
        outside=outside,
    )
    follower = NoticeFollower(notices, clock, FOLLOWED, Telling(city, sharing, ledger, bureau))
    return NoticesRoom(notices, follower, NoticeQueries(database, clock))


def _above(city: City, area: str) -> list[str]:
    return city.areas.ancestors(area) if area in city.areas else [area]


def _parent(city: City, body: str) -> str:
    found = city.departments.get(body)
    return (found.parent or "") if found else ""


def channel_of(declared: Channel, file: NoticesFile, city: City, clock: Clock, calls: HttpCalls) -> WayOut:
    """A channel as it is declared; its secret is read at each delivery."""
    if isinstance(declared, MailChannel):
        server = SmtpServer(
            declared.host,
            declared.port,
            declared.security,
            declared.user,
            declared.authorities,
            declared.timeout_s,
        )
        password = declared.password
        sender = SmtpSender(server, lambda: secret_of(password) if password else "")
        return MailWay(sender, declared.sender, city.name, city.zone, file.public_url, clock)
    secret = declared.secret
    return HookWay(
        calls,
        declared.url,
        lambda: secret_of(secret),
        city.id,
        file.public_url,
        clock,
        city.zone,
        city.name,
        declared.timeout_s,
    )


class Couriers:
    """One thread for each channel: a server that hangs holds up nobody else, least of all the hub."""

    def __init__(self, database: Database, clock: Clock, channels: Mapping[str, WayOut]) -> None:
        self._database, self._clock = database, clock
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(name, way), name=f"chengshu-out-{name}", daemon=True)
            for name, way in channels.items()
        ]

    def start(self) -> None:
        """Begin to deliver what waits."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the deliveries under way; what is cut off is tried again at the next start."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=30)

    def _run(self, name: str, way: WayOut) -> None:
        wake = threading.Event()
        self._database.on_commit(wake.set)
        outbox = Outbox(self._database, self._clock, {name: way}, only=(name,))
        self._guarded(lambda: self._database.write(lambda c: prune_outbox(c, self._clock.now())))
        while not self._stop.is_set():
            wake.clear()
            self._guarded(lambda: outbox.tick(self._clock.now()))
            due = outbox.next_due()
            wait = _LONGEST if due is None else min(due - self._clock.now(), _LONGEST)
            wake.wait(max(wait.total_seconds(), 0.0))
            self._stop.wait(_PAUSE_S)

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # a full disk, say: what waits is tried again
            _log.error("outbox stands still", exc_info=error)
            self._stop.wait(1.0)


def couriers_of(
    city: City, room: NoticesRoom, database: Database, clock: Clock, calls: HttpCalls
) -> Couriers:
    """The threads that deliver; none where nothing may leave."""
    file = room.notices.declared
    declared = file.channels if room.notices.outside else {}
    return Couriers(
        database, clock, {name: channel_of(one, file, city, clock, calls) for name, one in declared.items()}
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """A notice that was sent on trial, and by which key the other side knows it."""

    to: str
    key: str


def send_trial(city: City, channel: str, to: str, reach: Sequence[str] = ()) -> Trial:
    """Send one notice on trial, past the outbox. Raises what the channel raises, :class:`Missing` for one
    that the city does not have, and :class:`Invalid` where no address is known.
    """
    file, clock = read_notices(city.folder), SystemClock()
    declared = file.channels.get(channel)
    if declared is None:
        raise Missing(
            "channel-unknown",
            f"the city has no channel {channel!r}",
            where=str(city.folder / "notices.yaml"),
            remedy=f"channels: {', '.join(file.channels) or 'none'}",
        )
    address = to or next((one.at[0] for one in file.reach if one.via == channel), "")
    if not address:
        raise Invalid(
            "trial-address", "nobody is reached by this channel yet", remedy="give an address: --to"
        )
    now = clock.now()
    item = Item(
        *("trial", "trial", iso(now), False, channel),
        TRIAL.as_dict(),
        TRIAL_TEXT.fill(channel=channel).as_dict(),
        "/notices",
    )
    key = f"trial-{millis(now)}:{channel}:{address}"
    calls = ThreadedHttp(AddressGuard(reach))
    try:
        way = channel_of(declared, file, city, clock, calls)
        way.deliver(key, Letter(address, file.language, (item,)).as_payload())
    finally:
        calls.close()
    return Trial(address, key)
