"""Notices: word of what happened reaches people, in their inbox and by the city's own ways outside."""

from chengshu.foundation.notices.commands import Notices
from chengshu.foundation.notices.declared import NoticesFile, read_notices
from chengshu.foundation.notices.following import NoticeFollower
from chengshu.foundation.notices.kinds import KINDS, PARTIES
from chengshu.foundation.notices.model import Kind, Letter, Line, Notice, To, letter_of
from chengshu.foundation.notices.queries import ChannelState, NoticeQueries
from chengshu.foundation.notices.routing import House

__all__ = [
    "KINDS",
    "PARTIES",
    "ChannelState",
    "House",
    "Kind",
    "Letter",
    "Line",
    "Notice",
    "NoticeFollower",
    "NoticeQueries",
    "Notices",
    "NoticesFile",
    "To",
    "letter_of",
    "read_notices",
]
