"""Mistakes in hand-written files are told with file, line and remedy."""

from pathlib import Path

import pytest

from chengshu.foundation.declared import Declaration, DeclaredText, checked, read_document
from chengshu.kernel.errors import Invalid


class Pump(Declaration):
    name: DeclaredText
    capacity: float


class Station(Declaration):
    pumps: tuple[Pump, ...]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("pumps:\n  - {name: a, capacity: 1}\n  - {name: b, capacty: 2}\n", 3, "key-unknown"),
        ("pumps:\n  - name: a\n    capacity: many\n", 3, "value-wrong"),
        ("pumps:\n  - name: {en: a, fr: b}\n    capacity: 1\n", 2, "value-wrong"),
        ("pumps:\n  - name: a\n\tcapacity: 1\n", 3, "yaml-broken"),
        ("pumps: []\npumps: []\n", 2, "yaml-double"),
        ("pumps:\n  - {name: a, capacity: .nan}\n", 2, "yaml-value"),
    ],
)
def test_a_mistake_has_its_line(tmp_path: Path, text: str, line: int, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked(Station, read_document(write(tmp_path, "s.yaml", text)))
    faults = caught.value.extra.get("faults") or [
        {"code": caught.value.fault.code, "where": caught.value.fault.where}
    ]
    found = [fault for fault in faults if fault["code"] == code]
    assert found, faults
    assert found[0]["where"].endswith(f"s.yaml:{line}")


def test_a_near_word_is_proposed(tmp_path: Path) -> None:
    path = write(tmp_path, "s.yaml", "pumps:\n  - {name: a, capacty: 1}\n")
    with pytest.raises(Invalid) as caught:
        checked(Station, read_document(path))
    assert any("'capacity'" in fault["remedy"] for fault in caught.value.extra["faults"])


@pytest.mark.parametrize(("name", "text"), [("a.toml", "x = 1\ny = =\n"), ("a.json", '{\n "x": }\n')])
def test_toml_and_json_tell_the_line(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_document(write(tmp_path, name, text))
    assert caught.value.fault.where.endswith(f"{name}:2")


def test_a_bomb_of_aliases_is_refused(tmp_path: Path) -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 10) + "]" for i in range(1, 9)]
    with pytest.raises(Invalid) as caught:
        read_document(write(tmp_path, "bomb.yaml", "\n".join(layers)))
    assert caught.value.fault.code == "yaml-too-big"


def test_wrong_encoding_is_said(tmp_path: Path) -> None:
    path = tmp_path / "g.yaml"
    path.write_bytes("名: 城".encode("gb18030"))
    with pytest.raises(Invalid) as caught:
        read_document(path)
    assert "UTF-8" in caught.value.fault.detail
