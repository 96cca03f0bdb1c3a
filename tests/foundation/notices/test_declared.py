"""notices.yaml: mistakes are told with their line, and a secret in the file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from chengshu.foundation.notices import read_notices
from chengshu.kernel.errors import Invalid

WHOLE = """
language: zh-Hant
public_url: https://hub.city.example
channels:
  mail: {kind: smtp, host: smtp.example, sender: hub@city.example, user: hub, password: {env: CHENGSHU_MAIL}}
  sms: {kind: webhook, url: "https://gateway.city.example/send", secret: {file: /etc/chengshu/sms.secret}}
reach:
- {department: water, via: mail, at: [duty@water.example]}
- {duty: tingpu, via: sms, at: ["+8613800000000"], language: zh-Hans}
routes:
- {kinds: ["warning.*", order.issued], via: [sms, mail], urgent: true}
- {kinds: [sharing.refused], to: [requester, "department:legal"], via: [mail]}
quiet: {since: "21:30", until: "07:00"}
digest: {after: 3, minutes: 15}
"""


def test_a_whole_file_reads_as_it_is_meant(tmp_path: Path) -> None:
    (tmp_path / "notices.yaml").write_text(WHOLE, "utf-8")
    found = read_notices(tmp_path)
    assert list(found.channels) == ["mail", "sms"]
    assert found.routes[0].fits("warning.raised") and not found.routes[0].fits("sharing.refused")
    assert (found.digest.after, found.digest.urgent_minutes) == (3, 5)
    assert read_notices(tmp_path / "nowhere").channels == {}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("password: {env: CHENGSHU_MAIL}", "password: hunter2", "password"),
        ("password: {env: CHENGSHU_MAIL}", "password: {env: a, file: b}", "env"),
        ("password: {env: CHENGSHU_MAIL}", "security: none, password: {env: X}", "without encryption"),
        ("user: hub, ", "", "belong together"),
        ("https://gateway.city.example/send", "https://me:secret@gateway.city.example", "a password stands"),
        ("secret: {file: /etc/chengshu/sms.secret}", "timeout_s: 5", "secret"),
        ("duty@water.example", "duty at water", "no mail address"),
        ("via: sms, at", "via: fax, at", "no channel 'fax'"),
        ('"warning.*"', "warning.shouted", "no notice is of the kind"),
        ("to: [requester", "to: [whoever", "is nobody"),
        ('since: "21:30"', 'since: "25:30"', "quiet"),
        ("{department: water, via", "{department: water, role: lead, via", "say who"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in WHOLE
    (tmp_path / "notices.yaml").write_text(WHOLE.replace(before, after), "utf-8")
    with pytest.raises(Invalid) as wrong:
        read_notices(tmp_path)
    assert said in str(wrong.value) + str(wrong.value.extra)
    assert "notices.yaml:" in wrong.value.fault.where
    assert "hunter2" not in str(wrong.value) + str(wrong.value.extra)
