"""What the names of columns say."""

from __future__ import annotations

import pytest

from chengshu.resources.grading.folding import folded, is_nothing, name_key, name_tokens, simplified, tight
from chengshu.resources.grading.hints import hint_of


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("身份證號碼", "identity_number"),
        ("SFZH", "identity_number"),
        ("applicantIdCardNo", "identity_number"),
        ("联系人姓名", "person_name"),
        ("订单联系电话", "mobile"),  # the last word names the thing
        ("order_phone", "mobile"),
        ("車牌號", "plate"),
        ("tyshxydm_1", "uscc"),
        ("戶籍地址", "address"),
        ("所属行政区划代码", "region_code"),
        ("lng_gcj02", "longitude"),
        ("IP地址", "ipv4"),
        ("出生日期2", "birth_date"),
    ],
)
def test_a_name_says(name: str, category: str) -> None:
    hint = hint_of(name)
    assert (category in hint.strengths and hint.strengths[category] == 1) if category else hint.silent


@pytest.mark.parametrize(
    "name", ["手机型号", "phone_type", "车牌颜色", "证件类型", "地址编码", "联系人数", "订单号"]
)
def test_a_name_that_only_resembles(name: str) -> None:
    hint = hint_of(name)
    assert hint.other and not hint.strengths


@pytest.mark.parametrize("name", ["", "c1", "字段", "???", "___"])
def test_a_name_that_is_silent(name: str) -> None:
    assert hint_of(name).silent


def test_names_and_values_are_folded() -> None:
    assert name_tokens("userMobileNo2") == ("user", "mobile", "no")
    assert name_key("User-Mobile_NO 3") == "user_mobile_no"
    assert simplified("聯繫電話") == "联系电话"
    assert folded(" １３８　0013\t8000 ") == "138 0013 8000"
    assert tight("京a·12 34-5") == "京A12345"
    assert is_nothing(" NULL ") and is_nothing("無") and not is_nothing("0")
