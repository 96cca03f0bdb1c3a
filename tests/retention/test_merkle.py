"""The tree of RFC 6962: its known roots, and that no path leads where it should not."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.resources.retention.merkle import leads, leaf, path, root

# The test vectors of Certificate Transparency (RFC 6962 / RFC 9162 reference implementations).
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_known_roots(size: int) -> None:
    assert root([leaf(bytes.fromhex(text)) for text in LEAVES[:size]]).hex() == ROOTS[size - 1]


def test_the_root_of_nothing() -> None:
    assert root([]) == hashlib.sha256().digest()


@settings(max_examples=examples(60))
@given(st.lists(st.binary(max_size=4), min_size=1, max_size=20, unique=True), st.data())
def test_a_path_leads_from_its_leaf_to_its_root_and_from_nowhere_else(
    texts: list[bytes], data: st.DataObject
) -> None:
    leaves = [leaf(text) for text in texts]
    at = data.draw(st.integers(0, len(leaves) - 1))
    steps, top = path(leaves, at), root(leaves)
    assert leads(leaves[at], at, len(leaves), steps, top)
    assert not leads(leaf(b"other, longer"), at, len(leaves), steps, top)
    assert not leads(leaves[at], len(leaves), len(leaves), steps, top)
    assert not leads(leaves[at], at, len(leaves), (*steps, top), top)
    if steps:
        assert not leads(leaves[at], at, len(leaves), steps[:-1], top)
        assert not leads(leaves[at], at ^ 1, len(leaves), steps, top)


def test_a_leaf_that_is_not_there() -> None:
    with pytest.raises(IndexError):
        path([leaf(b"a")], 1)
