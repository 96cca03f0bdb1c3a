"""Check characters: known numbers, and that every single slip is found."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chengshu.resources.grading.checksums import (
    USCC_SIGNS,
    identity_check_character,
    identity_checks,
    luhn_check_digit,
    luhn_checks,
    uscc_check_character,
    uscc_checks,
)

BODIES = st.text("0123456789", min_size=17, max_size=17)
CODES = st.text(USCC_SIGNS, min_size=17, max_size=17)


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (identity_checks, ["11010519491231002X", "440524188001010014"]),  # the examples of GB 11643
        (uscc_checks, ["914403001922038216", "9144030071526726XG", "91330100799655058B"]),
        (luhn_checks, ["4111111111111111", "5555555555554444", "378282246310005", "79927398713"]),
    ],
)
def test_known_numbers(check, right) -> None:  # type: ignore[no-untyped-def]
    assert check(right).all()
    assert not check([number[:-1] + ("1" if number[-1] != "1" else "2") for number in right]).any()
    assert check([]).shape == (0,)


@given(BODIES, st.integers(0, 16), st.sampled_from("0123456789"))
def test_one_wrong_digit_of_an_identity_number_is_found(body: str, at: int, digit: str) -> None:
    assume(body[at] != digit)
    sign = identity_check_character(body)
    slipped = body[:at] + digit + body[at + 1 :]
    assert identity_checks([body + sign, slipped + sign]).tolist() == [True, False]


@given(CODES, st.integers(0, 16), st.sampled_from(USCC_SIGNS))
def test_one_wrong_sign_of_a_credit_code_is_found(body: str, at: int, sign: str) -> None:
    assume(body[at] != sign)
    check = uscc_check_character(body)
    slipped = body[:at] + sign + body[at + 1 :]
    assert uscc_checks([body + check, slipped + check]).tolist() == [True, False]


@given(st.text("0123456789", min_size=13, max_size=18), st.data())
def test_one_wrong_digit_of_a_card_is_found(body: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(body) - 1))
    digit = data.draw(st.sampled_from("0123456789".replace(body[at], "")))
    check = luhn_check_digit(body)
    assert luhn_checks([body + check, body[:at] + digit + body[at + 1 :] + check]).tolist() == [True, False]


def test_signs_that_a_credit_code_never_has() -> None:
    assert not uscc_checks(["91440300192203821I", "O14403001922038216"]).any()
