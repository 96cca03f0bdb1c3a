"""People, programs and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chengshu.console import model as m
from chengshu.console.model import access as page
from chengshu.console.view_access import AccessAct
from chengshu.kernel.errors import Denied, Invalid
from chengshu.kernel.texts import Text

from .storm import NOW, WATER, T

ALL = T("all", "全部", "全部")


class Access:
    """An administrator, a crew member who has no password yet, a closed account; a program; a source."""

    allowed = True
    bare = False

    def access(self, person: m.Person) -> page.AccessView:
        return page.AccessView(
            (
                page.AccountRow(
                    person.id,
                    "lin",
                    person.name,
                    (page.GrantLine("lead:water:*", "lead", WATER, ALL),),
                    Text(),
                    False,
                    True,
                    False,
                ),
                page.AccountRow(
                    "p-crew",
                    "crew",
                    "Wu Di 吴迪",
                    (),
                    T("Pump truck 3", "泵车3号", "泵車3號"),
                    False,
                    False,
                    True,
                ),
                page.AccountRow("p-gone", "gone", "Old Hand", (), Text(), True, False, False),
            ),
            () if self.bare else (page.ProgramRow("grafana", ("read",), ("", "tests"), NOW),),
            () if self.bare else (page.KeyRow("gauges", T("Rain gauges", "雨量计", "雨量計"), 2),),
            ("viewer", "crew", "administrator"),
            ("read", "write"),
            (page.Choice("water", WATER),),
            (page.Choice("jiangwan", T("Jiangwan", "江湾", "江灣")),),
            (page.Choice("urn:truck:3", T("Pump truck 3", "泵车3号", "泵車3號")),),
            m.Permission(
                self.allowed, T("Administrators manage accounts.", "管理员管理账户。", "管理員管理帳戶。")
            ),
        )

    def access_act(
        self, person: m.Person, act: AccessAct, given: Mapping[str, str], rights: Sequence[str]
    ) -> page.Secret | None:
        if not self.allowed:
            raise Denied("administer", "only administrators do this")
        self.answers.append((act, {**given, "rights": ",".join(rights)}))  # type: ignore[attr-defined]
        if given.get("login") == "lin" or given.get("program") == "grafana":
            raise Invalid("login-taken", "that name is in use", where="login", remedy="take another")
        made = {"person.add": "link", "person.link": "link", "program.add": "token", "key.add": "key"}
        if (kind := made.get(act)) is None:
            return None
        return page.Secret(kind, "Wu Di", "/set-up?code=s3cret" if kind == "link" else "s3cret")  # type: ignore[arg-type]
