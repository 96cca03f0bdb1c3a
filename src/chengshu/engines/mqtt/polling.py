"""Paho's client, waiting by poll: select() knows no file descriptor from 1024 on, and a hub has more."""

from __future__ import annotations

import contextlib
import select
from typing import TYPE_CHECKING

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode

_FINE = MQTTErrorCode.MQTT_ERR_SUCCESS


class PollingClient(paho.Client):
    """As its parent in all else. Paho 2.1 offers no way to choose how it waits, so its one step is ours."""

    if hasattr(select, "poll") or TYPE_CHECKING:  # where there is none (Windows), Paho's own step stays

        def _loop(self, timeout: float = 1.0) -> MQTTErrorCode:
            """Wait up to ``timeout`` seconds for something to read or write, then do it."""
            link, wake = self._sock, self._sockpairR
            if link is None:
                return MQTTErrorCode.MQTT_ERR_NO_CONN
            pending = link.pending() if hasattr(link, "pending") else 0  # read from TLS already
            waiting = select.poll()
            try:
                waiting.register(link, select.POLLIN | (select.POLLOUT if self.want_write() else 0))
                if wake is not None:
                    waiting.register(wake, select.POLLIN)
                ready = dict(waiting.poll(0 if pending else timeout * 1000))
                found = ready.get(link.fileno(), 0)
                woken = wake is not None and wake.fileno() in ready
            except (OSError, TypeError, ValueError):  # closed meanwhile
                return MQTTErrorCode.MQTT_ERR_CONN_LOST
            if pending or found & ~select.POLLOUT:  # an end or an error is met in reading
                done = self.loop_read()
                if done != _FINE or self._sock is None:
                    return done
            if woken and wake is not None:  # somebody publishes: what to write came while we waited
                with contextlib.suppress(BlockingIOError):
                    wake.recv(10_000)
            if woken or found & select.POLLOUT:
                done = self.loop_write()
                if done != _FINE or self._sock is None:
                    return done
            return self.loop_misc()
