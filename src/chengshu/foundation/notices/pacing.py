"""When a message may leave: quiet hours for what can wait, and no flood. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chengshu.foundation.notices.declared import Digest, Quiet


def awake_at(now: datetime, quiet: Quiet | None, zone: ZoneInfo) -> datetime:
    """``now``, or the end of the quiet hours in which it lies."""
    if quiet is None or quiet.since == quiet.until:
        return now
    local = now.astimezone(zone)
    spans = quiet.since > quiet.until
    at = local.time()
    inside = (at >= quiet.since or at < quiet.until) if spans else quiet.since <= at < quiet.until
    if not inside:
        return now
    day = local.date() + timedelta(days=1 if spans and at >= quiet.since else 0)
    return datetime.combine(day, quiet.until, zone).astimezone(now.tzinfo)


def leaves_at(now: datetime, urgent: bool, sent: list[datetime], digest: Digest) -> datetime:
    """``now``, or when the next message told together is due: ``sent`` are the moments of those of this kind
    that went to the address one by one.
    """
    window = timedelta(minutes=digest.urgent_minutes if urgent else digest.minutes)
    recent = sorted(moment for moment in sent if moment > now - window)
    return now if len(recent) < digest.after else recent[-digest.after] + window
