"""Mail by SMTP, from the standard library."""

from chengshu.engines.smtp.sender import SmtpSender, SmtpServer

__all__ = ["SmtpSender", "SmtpServer"]
