"""What became of the requests to context sources since the hub started (clause 5.2.9, output members)."""

from __future__ import annotations

from typing import Any, NamedTuple

from chengshu.kernel.clock import from_millis, iso

Key = tuple[str, str]  # tenant and id of a registration
_MOST = 100_000


class Forwards(NamedTuple):
    """Requests to one source; moments in milliseconds, 0 for never."""

    sent: int = 0
    failed: int = 0
    last_success: int = 0
    last_failure: int = 0
    resting_until: int = 0
    ok: bool = True  # how the last one ended


class ForwardLog:
    """Counts requests by registration. In memory: it tells how a source does, nothing depends on it."""

    def __init__(self) -> None:
        self._by_key: dict[Key, Forwards] = {}

    def of(self, tenant: str, registration: str) -> Forwards:
        """What is known of one registration."""
        return self._by_key.get((tenant, registration), _NOTHING)

    def note(self, tenant: str, registration: str, now: int, *, ok: bool, cooldown: int = 0) -> None:
        """Note how a request ended; after a failure the source rests for ``cooldown``."""
        before = self.of(tenant, registration)
        if len(self._by_key) >= _MOST:
            self._by_key.clear()
        self._by_key[tenant, registration] = Forwards(
            before.sent + 1,
            before.failed + (not ok),
            now if ok else before.last_success,
            before.last_failure if ok else now,
            now + cooldown if cooldown and not ok else 0,
            ok,
        )

    def members(self, tenant: str, registration: str) -> dict[str, Any]:
        """The output members of a registration; none when nothing was ever sent."""
        known = self.of(tenant, registration)
        if not known.sent:
            return {}
        said: dict[str, Any] = {
            "status": "ok" if known.ok else "failed",
            "timesSent": known.sent,
            "timesFailed": known.failed,
        }
        for name, moment in (("lastSuccess", known.last_success), ("lastFailure", known.last_failure)):
            if moment:
                said[name] = iso(from_millis(moment))
        return said


_NOTHING = Forwards()
