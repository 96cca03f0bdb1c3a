"""Ways out of the hub: what a letter looks like as mail and as a signed call."""

from chengshu.foundation.notices.channels.mail import MailWay
from chengshu.foundation.notices.channels.webhook import HookWay, signature

__all__ = ["HookWay", "MailWay", "signature"]
