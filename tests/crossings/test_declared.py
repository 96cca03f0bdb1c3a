"""crossings.yaml: partners with a way between, none named twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from chengshu.kernel.errors import Invalid
from chengshu.resources.crossings import read_crossings

GOOD = """fresh: {level: 3}
partners:
- {id: province, crossing: level, sources: [province], clients: [province-hub]}
"""


def test_what_is_not_said_has_its_default(tmp_path: Path) -> None:
    assert read_crossings(tmp_path).partners == ()
    (tmp_path / "crossings.yaml").write_text(GOOD)
    found = read_crossings(tmp_path)
    assert (found.fresh.level, found.fresh.department, found.partners[0].clients) == (
        3,
        30,
        ("province-hub",),
    )


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("- {id: x, crossing: region}", "neither sources nor clients"),
        ("- {id: province, crossing: region, clients: [a]}", "named by two"),
        ("- {id: x, crossing: region, clients: [province-hub]}", "named by two"),
        ("- {id: x, crossing: system, clients: [a]}", "crossing"),
    ],
)
def test_a_partner_without_a_way_or_named_twice_is_refused(tmp_path: Path, more: str, told: str) -> None:
    (tmp_path / "crossings.yaml").write_text(f"{GOOD}{more}\n")
    with pytest.raises(Invalid) as error:
        read_crossings(tmp_path)
    assert told in str(error.value)
