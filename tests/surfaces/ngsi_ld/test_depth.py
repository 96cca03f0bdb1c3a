"""The depth of JSON is found whatever lies in its strings."""

import json

from hypothesis import given
from hypothesis import strategies as st

from chengshu.surfaces.ngsi_ld.depth import deeper_than

LEAVES = st.none() | st.booleans() | st.integers() | st.text(alphabet='[]{}"\\a', max_size=6)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


@given(VALUES, st.integers(0, 6))
def test_deeper_than_says_what_walking_says(value: object, limit: int) -> None:
    text = json.dumps(value).encode()
    assert deeper_than(text, value, limit) == (depth_of(value) > limit)
