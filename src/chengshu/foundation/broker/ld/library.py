"""The contexts the broker knows: built in, in the operator's folder, hosted for clients, or fetched once.

Source: ETSI GS CIM 009 V1.8.1, clause 5.13 (storing, managing and serving @contexts) and 5.5.10. A context is
compiled once; after that a request costs one look-up. Nothing is fetched but from hosts that were allowed.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.broker.errors import BadRequestData, LdContextNotAvailable, ResourceNotFound
from chengshu.foundation.broker.ld import store
from chengshu.foundation.broker.ld.contexts import CORE, LdContext, compile_context
from chengshu.foundation.broker.ld.core import core_document, is_core
from chengshu.foundation.broker.ld.flattening import Flattening
from chengshu.foundation.broker.ld.folder import MOST_BYTES, read_document, read_index
from chengshu.foundation.broker.ld.store import Kept, Kind
from chengshu.foundation.journal import Act, Actor
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database

SERVED_AT = "/ngsi-ld/v1/jsonldContexts/"
_MOST_TERMS = 400_000  # in all compiled contexts together


class Fetcher(Protocol):
    """How a context is had from another host; the wiring guards what addresses it may reach."""

    def fetch(self, url: str, limit: int) -> bytes:
        """The document at ``url``, at most ``limit`` bytes; redirects are not followed.

        Raises :class:`LdContextNotAvailable` when it cannot be had in good time.
        """
        ...


class ContextLibrary:
    """Gives compiled contexts, and keeps the hosted ones. Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        *,
        folder: Path | None = None,
        fetcher: Fetcher | None = None,
        hosts: Collection[str] = (),
    ) -> None:
        self._database, self._clock, self._ids = database, clock, ids
        self._fetcher, self._hosts = fetcher, frozenset(host.lower() for host in hosts)
        self._files: Mapping[str, Path] = read_index(folder) if folder else {}
        self._lock = threading.RLock()  # over the maps below; held shortly, never while the database writes
        self._adding = threading.Lock()  # one at a time, so that nothing is kept twice
        self._compiled: OrderedDict[Any, tuple[LdContext, tuple[str, ...]]] = OrderedDict()
        self._terms = 0
        self._usage: dict[str, list[int]] = {}  # id → hits, last use; written back by flush()
        self._kept: dict[str, Kept] = {}  # without their bodies, which may be large and are seldom asked for
        self._by_url: dict[str, str] = {}
        self._implicit: dict[tuple[str, str], str] = {}
        with database.read() as connection:
            for kept in store.all_kept(connection):
                self._know(kept)

    # --- giving -----------------------------------------------------------------------------------------

    def ready(self, source: Any) -> LdContext | None:
        """The context of ``source`` if it is compiled already: never waits for a file or another host.

        ``source`` is what a request says: None, a URL, an object of terms, or a list of these.
        """
        if source is None:
            return CORE
        with self._lock:
            key = _key(source)
            found = self._compiled.get(key)
            if found is None:
                return None
            self._compiled.move_to_end(key)
            self._count(found[1])
        return found[0]

    def get(self, source: Any) -> LdContext:
        """The context of ``source``, compiled now if need be; may wait for files and allowed hosts.

        Raises :class:`BadRequestData` when it is no context, :class:`LdContextNotAvailable` when a part of
        it cannot be had.
        """
        ready = self.ready(source)
        if ready is not None:
            return ready
        flattening = Flattening(self._load)
        flattening.add(source)
        context = compile_context(flattening.definitions, source)
        with self._lock:
            used = tuple(name for url in flattening.used if (name := self._name(url)))
            key = _key(source)
            if key in self._compiled:
                self._terms -= self._compiled.pop(key)[0].size
            self._compiled[key] = (context, used)
            self._terms += context.size
            while self._terms > _MOST_TERMS and len(self._compiled) > 1:
                self._terms -= self._compiled.popitem(last=False)[1][0].size
            self._count(used)
        return context

    def _load(self, url: str) -> Any:
        """The document a URL names: kept here, in the folder, or fetched from an allowed host and kept."""
        path = self._path(url)  # before what is kept: the operator may have put a newer one there
        if path is None:
            with self._lock:
                name = self._name(url)
                kept = self._kept.get(name) if name else None
            if kept is not None:
                return msgspec.json.decode(self._body_of(kept))
        document = self._fetched(url) if path is None else read_document(path)
        self._keep_cached(url, document)
        return document

    def _body_of(self, kept: Kept) -> str:
        """The document of a kept context. Raises :class:`ResourceNotFound` when it was deleted just now."""
        with self._database.read() as connection:
            body = store.body_of(connection, kept.id)
        if body is None:
            raise ResourceNotFound(f"there is no context {kept.id}", where=kept.id)
        return body

    def _path(self, url: str) -> Path | None:
        """The file of the operator's folder that a URL, or a served address, names."""
        return self._files.get(url) or self._files.get(url.rpartition(SERVED_AT)[2])

    def _fetched(self, url: str) -> Any:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise LdContextNotAvailable(
                "this is not the address of a context",
                where=url[:200],
                remedy="name it by an http or https URL",
            )
        if self._fetcher is None or parts.hostname.lower() not in self._hosts:
            raise LdContextNotAvailable(
                "the context is not kept here, and its host is not one to fetch contexts from",
                where=url[:200],
                remedy="put the document into the folder of contexts, or allow the host",
            )
        raw = self._fetcher.fetch(url, MOST_BYTES)
        try:
            return msgspec.json.decode(raw)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise LdContextNotAvailable(f"what is there is not JSON: {error}", where=url[:200]) from error

    def _keep_cached(self, url: str, document: Any) -> None:
        with self._adding:
            if url not in self._by_url:
                self._add(document, "Cached", "", url, None)

    def _name(self, url: str) -> str | None:
        """The id of the kept context that a URL, a local path or an id names."""
        if url in self._by_url:
            return self._by_url[url]
        _, served, name = url.rpartition(SERVED_AT)
        name = unquote(name) if served else url
        return name if name in self._kept else self._by_url.get(name)

    def _count(self, used: Iterable[str]) -> None:
        now = millis(self._clock.now())
        for name in used:
            usage = self._usage.get(name)
            if usage is None:
                kept = self._kept.get(name)
                usage = self._usage[name] = [kept.hits if kept else 0, 0]
            usage[0] += 1
            usage[1] = now

    # --- keeping (clause 5.13) --------------------------------------------------------------------------

    def add(self, document: Any, actor: Actor, tenant: str = "") -> Kept:
        """Host a context (clause 5.13.2); ``document`` is an object with ``@context``.

        Raises :class:`BadRequestData` when it is not, or when the context is not JSON-LD. URLs in it are
        not asked for now.
        """
        if not isinstance(document, dict) or "@context" not in document:
            raise BadRequestData(
                "there is no @context here", where="@context", remedy='write {"@context": …} around the terms'
            )
        own = document["@context"]
        parts = own if isinstance(own, list) else [own]
        if not all(isinstance(part, str | dict) for part in parts) or not parts:
            raise BadRequestData(
                "@context is neither terms nor URLs",
                where="@context",
                remedy="write an object, a URL or a list",
            )
        flattening = Flattening(lambda _url: {"@context": {}})
        flattening.add([part for part in parts if isinstance(part, dict)])
        compile_context(flattening.definitions)
        return self._add({"@context": own}, "Hosted", tenant, "", actor)

    def implicit(self, source: Any, tenant: str = "", actor: Actor | None = None) -> Kept:
        """A context written inline, or of several URLs, under an address of its own (kind ImplicitlyCreated).

        The same context gets the same address again.
        """
        document = {"@context": source}
        with self._adding:
            name = self._implicit.get((tenant, _digest(_body(document))))
            return self._kept[name] if name else self._add(document, "ImplicitlyCreated", tenant, "", actor)

    def _add(self, document: Any, kind: Kind, tenant: str, url: str, actor: Actor | None) -> Kept:
        now = self._clock.now()
        body = _body(document)
        kept = Kept(self._ids.new("context"), tenant, kind, url, _digest(body), millis(now), body=body)
        by = actor or Actor.hub("contexts")

        def work(connection: Connection) -> None:
            store.add(connection, kept)
            about = {"kind": kind, "tenant": tenant} | ({"url": url} if url else {})
            journal.enter(connection, Act(by, "linked.context_kept", kept.id, now, about))

        self._database.write(work)
        with self._lock:
            self._know(replace(kept, body=""))
        return kept

    def _know(self, kept: Kept) -> None:
        self._kept[kept.id] = kept
        if kept.url:
            self._by_url[kept.url] = kept.id
        if kept.kind == "ImplicitlyCreated":
            self._implicit[kept.tenant, kept.digest] = kept.id

    def listed(self, kind: str = "", tenant: str = "") -> list[Kept]:
        """The contexts of ``tenant`` and the cached ones (clause 5.13.3), of one kind or all, oldest first.

        Those that came from elsewhere are given without their bodies.
        Raises :class:`BadRequestData` for a kind there is not.
        """
        if kind and kind not in {"Hosted", "Cached", "ImplicitlyCreated"}:
            raise BadRequestData(
                f"'{kind[:80]}' is not a kind of context",
                where="kind",
                remedy="write Hosted, Cached or ImplicitlyCreated",
            )
        with self._lock:
            found = [self._current(kept) for kept in self._kept.values()]
        with self._database.read() as connection:
            bodies = store.bodies_of(connection, tenant) if kind != "Cached" else {}
        return [
            replace(kept, body=bodies.get(kept.id, ""))
            for kept in found
            if (not kind or kept.kind == kind) and (kept.kind == "Cached" or kept.id in bodies)
        ]

    def find(self, name: str) -> Kept:
        """The context of an id, a served address or a URL, with its usage (clause 5.13.4).

        The core context is found by any of its URLs. Raises :class:`ResourceNotFound`.
        """
        if is_core(name):
            body = _body(core_document())
            return Kept(name, "", "Cached", name, _digest(body), 0, body=body)
        if self._path(name) is not None:
            self._load(name)
        with self._lock:
            found = self._name(name)
            if found is None:
                raise ResourceNotFound(
                    f"there is no context {name[:200]}", where=name[:200], remedy="list those there are"
                )
            kept = self._current(self._kept[found])
            if kept.kind != "Hosted":
                self._count((found,))
        return replace(kept, body=self._body_of(kept))

    def _current(self, kept: Kept) -> Kept:
        usage = self._usage.get(kept.id)
        return replace(kept, hits=usage[0], used_at=usage[1]) if usage else kept

    def delete(self, name: str, actor: Actor, tenant: str = "", *, reload: bool = False) -> None:
        """Forget a context, or ``reload`` a cached one from where it came (clause 5.13.5).

        Raises :class:`ResourceNotFound`, :class:`BadRequestData` for the core context without ``reload`` and
        for reloading what did not come from elsewhere, :class:`LdContextNotAvailable` when the reload fails;
        the cached one then stays.
        """
        if is_core(name):
            if not reload:
                raise BadRequestData("the core context cannot be deleted", where=name, remedy="keep it")
            return  # it is built in: reloading it changes nothing
        with self._lock:
            found = self._name(name)
            kept = self._kept.get(found) if found else None
            if kept is not None and kept.kind != "Cached" and kept.tenant != tenant:
                kept = None
        if reload and (kept is None or kept.kind != "Cached"):
            raise BadRequestData(
                "only a context that came from elsewhere can be reloaded",
                where=name[:200],
                remedy="delete it",
            )
        if kept is None:
            raise ResourceNotFound(
                f"there is no context {name[:200]}", where=name[:200], remedy="list those there are"
            )
        if reload:
            self._reload(kept, actor)
        else:
            self._forget(kept, actor)

    def _reload(self, kept: Kept, actor: Actor) -> None:
        path = self._path(kept.url)
        document = read_document(path) if path else self._fetched(kept.url)
        now, body = self._clock.now(), _body(document)
        newer = replace(kept, body=body, digest=_digest(body), created_at=millis(now))

        def work(connection: Connection) -> None:
            store.put_body(connection, newer)
            journal.enter(connection, Act(actor, "linked.context_reloaded", kept.id, now, {"url": kept.url}))

        self._database.write(work)
        with self._lock:
            self._know(replace(newer, body=""))
            self._compiled.clear()
            self._terms = 0

    def _forget(self, kept: Kept, actor: Actor) -> None:
        now = self._clock.now()

        def work(connection: Connection) -> None:
            store.remove(connection, kept.id)
            journal.enter(connection, Act(actor, "linked.context_deleted", kept.id, now, {"url": kept.url}))

        self._database.write(work)
        with self._lock:
            self._kept.pop(kept.id, None)
            self._by_url.pop(kept.url, None)
            self._implicit.pop((kept.tenant, kept.digest), None)
            self._usage.pop(kept.id, None)
            self._compiled.clear()
            self._terms = 0

    def flush(self) -> None:
        """Write the usage counts back: statistics, of which only those since the last flush can be lost."""
        with self._lock:
            usage = [(name, hits, used_at) for name, (hits, used_at) in self._usage.items()]
        if usage:
            self._database.write(lambda connection: store.put_usage(connection, usage))


def _key(source: Any) -> Any:
    """What makes two said contexts the same: the URL, or the JSON."""
    if isinstance(source, str):
        return source
    try:
        return msgspec.json.encode(source)
    except (TypeError, RecursionError, msgspec.MsgspecError) as error:
        raise BadRequestData("the @context is not JSON", where="@context") from error


def _body(document: Any) -> str:
    return msgspec.json.encode(document).decode()


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
