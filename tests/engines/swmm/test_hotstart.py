"""Hot starts with and without a run's own mobile pumps."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.engines.swmm.hotstart import narrowed, widened


def _file(nodes: int, links: int, quality: int, runoff: bytes) -> bytes:
    body = b"".join(struct.pack("<2f", i, i + 0.5) + bytes(4 * quality) for i in range(nodes))
    body += b"".join(struct.pack("<3f", i, i + 0.5, 1.0) + bytes(4 * quality) for i in range(links))
    return b"SWMM5-HOTSTART4" + struct.pack("<6i", 0, 0, nodes, links, quality, 3) + runoff + body


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 2), st.binary(max_size=9), st.integers(0, 4))
def test_pumps_put_in_come_out_again(nodes: int, links: int, quality: int, runoff: bytes, pumps: int) -> None:
    data = _file(nodes, links, quality, runoff)
    wide = widened(data, pumps)
    assert len(wide) == len(data) + pumps * (8 + 12 + 8 * quality)
    assert struct.unpack_from("<6i", wide, 15)[2:4] == (nodes + pumps, links + pumps)
    assert narrowed(wide, pumps) == data


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="not one of SWMM"):
        widened(b"SWMM5-HOTSTART3" + bytes(24), 1)
