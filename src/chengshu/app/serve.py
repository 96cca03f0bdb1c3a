"""Serve a city: the hub's pump in one thread, the web server in front, brokers beside; stop in order."""

from __future__ import annotations

import contextlib
import gc
import signal
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from chengshu.app.beside import beside
from chengshu.app.broker import BrokerParts
from chengshu.app.guard import Guard
from chengshu.app.http import make_app
from chengshu.app.hub import Hub, open_hub
from chengshu.app.say import out
from chengshu.app.stores import DataFolder
from chengshu.app.view import Means, View
from chengshu.engines.mqtt.subscriber import MqttSubscriber
from chengshu.foundation.access import Access, Accounts, Clients, Lifetimes
from chengshu.foundation.access import store as access_store
from chengshu.foundation.access.queries import needs_setup
from chengshu.foundation.broker.models import Models, read_rules
from chengshu.foundation.city import City
from chengshu.foundation.journal import Actor
from chengshu.foundation.sensing import Tokens
from chengshu.foundation.sensing.connectors.mqtt import MqttIntake
from chengshu.kernel.clock import Clock, SystemClock
from chengshu.kernel.errors import Conflict, Invalid
from chengshu.kernel.ids import TimeIds
from chengshu.kernel.texts import Text

START = Actor.hub("start")


@dataclass(frozen=True)
class Doors:
    """How people and sources come in."""

    accounts: Accounts
    tokens: Tokens
    view: View
    guard: Guard
    broker: BrokerParts


def doors_of(
    hub: Hub,
    drills: Path,
    lifetimes: Lifetimes | None = None,
    drill_name: Text | None = None,
    *,
    reach: Sequence[str] = (),
    contexts: Path | None = None,
) -> Doors:
    """Accounts, tokens, the broker and the console's view of a hub. ``contexts``: a folder of JSON-LD
    contexts with an ``index.json``, none: the city's folder ``contexts`` where it has one.
    """
    hub.database.create(access_store.metadata)
    accounts = Accounts(hub.database, hub.clock, hub.ids, lifetimes=lifetimes or Lifetimes())
    policies = hub.city.folder / "policies.cedar"
    additions = {policies.name: policies.read_text("utf-8")} if policies.is_file() else {}
    access = Access(additions, _names(hub.city))
    clients, tokens = Clients(hub.database, hub.clock), Tokens(hub.database, hub.clock)
    view = View(Means(hub, access, accounts, clients, tokens, hub.clock, drills, drill_name))
    guard = Guard(clients, accounts, access)
    broker = BrokerParts(
        hub.database,
        hub.clock,
        hub.ids,
        reach=reach,
        contexts=contexts or _contexts(hub.city),
        context=hub.context,
        history=hub.history,
        who=guard.who,
        alias=f"chengshu-{hub.city.id}",
        models=Models(read_rules(hub.city.folder / "models")),
        below=lambda area: [item.id for item in hub.city.areas if area in hub.city.areas.ancestors(item.id)],
    )
    return Doors(accounts, tokens, view, guard, broker)


def _contexts(city: City) -> Path | None:
    folder = city.folder / "contexts"
    return folder if folder.is_dir() else None


def _names(city: City):  # type: ignore[no-untyped-def]
    """Words for department and area ids in the policies' sentences."""

    def name(key: str) -> Text:
        if key in city.departments:
            return city.departments[key].name
        area = city.areas.get(key)
        return area.name if area else Text.of(key)

    return name


def serve_city(
    city: City, data: Path, host: str, port: int, *, mqtt: str | None = None, reach: Sequence[str] = ()
) -> None:
    """Serve until stopped. ``reach``: hosts and networks that are not public and may be called all the same.
    Raises :class:`Conflict` when the data folder or the port is in use."""
    port = usable_port(host, port)
    with contextlib.ExitStack() as last:
        last.callback(DataFolder(data).release)
        clock: Clock = SystemClock()
        hub = open_hub(city, data, clock, TimeIds(clock))
        last.callback(hub.close)
        broker = _broker(hub, clock, mqtt) if mqtt else None
        doors = doors_of(hub, Path("var/drills"), reach=reach)
        doors.broker.start()
        last.callback(doors.broker.stop)
        stop = threading.Event()
        pump = threading.Thread(target=hub.pump.run, args=(stop,), name="chengshu-pump", daemon=True)
        pump.start()
        last.callback(pump.join, timeout=30)
        last.callback(stop.set)
        if broker is not None:
            broker.start()
            last.callback(broker.stop)
        last.enter_context(beside(hub, reach))
        announce(hub, doors, host, port)
        run_web(hub, doors, host, port)
    out.print("stopped; everything accepted is kept")


def announce(hub: Hub, doors: Doors, host: str, port: int) -> None:
    """Say where the hub is, and how the first person gets in."""
    base = f"http://{host}:{port}"
    names = dict.fromkeys(hub.city.name.say(language) for language in ("en", "zh-Hans"))
    out.print(f"[bold]{' '.join(names)}[/bold]: {base}")
    with hub.database.read() as connection:
        first = needs_setup(connection)
    if first:
        code = doors.accounts.issue_setup_link(START)
        out.print(f"set-up link, for one use within its time: {base}/set-up?code={code}", soft_wrap=True)


def usable_port(host: str, port: int) -> int:
    """``port``, or a free one for 0. Raises :class:`Conflict` or :class:`Invalid` when nobody can listen."""
    try:
        kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(kind, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the web server does
            probe.bind(address)
            return int(probe.getsockname()[1])
    except socket.gaierror:
        raise Invalid(
            "host-unknown",
            f"{host!r} is no address of this machine",
            where="--host",
            remedy="give 127.0.0.1 for this machine only, or 0.0.0.0 for all that reach it",
        ) from None
    except OSError as error:
        raise Conflict(
            "port-in-use",
            f"the hub cannot listen at {host}:{port}: {error.strerror}",
            where="--port",
            remedy="give another --port, or stop what listens there",
        ) from None


def run_web(hub: Hub, doors: Doors, host: str, port: int) -> None:
    """The web server, until Ctrl-C or SIGTERM; the caller then closes what it opened."""
    config = uvicorn.Config(
        make_app(hub, doors.view, doors.tokens, doors.guard, doors.broker),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    if threading.current_thread() is threading.main_thread():
        # the web server raises what stopped it once more when it has stopped: SIGTERM must not end us there
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    usual = gc.get_threshold()
    gc.freeze()  # what is there by now stays; looking through it again and again costs a batch a third
    gc.set_threshold(100_000, 50, 100)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run()
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)


def _broker(hub: Hub, clock: Clock, address: str) -> MqttIntake:
    parts = urlsplit(address)
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise Invalid(
            "mqtt-address",
            f"{address!r} is no broker's address",
            where="--mqtt",
            remedy="write mqtt://host:1883, or mqtts:// for TLS, with user:password@ before the host",
        )
    subscriber = MqttSubscriber(
        clock,
        parts.hostname,
        parts.port or (8883 if parts.scheme == "mqtts" else 1883),
        client_id=f"chengshu-{hub.city.id}",
        username=parts.username,
        password=parts.password,
        tls=parts.scheme == "mqtts",
    )
    return MqttIntake(subscriber, hub.intake)
