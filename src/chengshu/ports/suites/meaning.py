"""The promises of :class:`chengshu.ports.meaning.Meaning` and :class:`chengshu.ports.meaning.VectorIndex`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chengshu.ports.meaning import Embedded, Meaning, VectorIndex
from chengshu.ports.suites.promise import expect

Factory = Callable[[], VectorIndex]  # opens the same index each time
_SIZE = 6


def check_model(model: Meaning) -> None:
    """Rows have length 1, are the same each time, alone or among others; any text has one."""
    texts = ["水位", "rain gauges", "", "\x00", "𠮷" * 200, "a\nb"]
    for embed in (model.questions, model.passages):
        rows = embed(texts)
        expect(len(rows), len(texts), "a row for each text")
        expect(bool(np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)), True, "rows have length 1")
        alone = [embed([text])[0] for text in texts]
        expect(bool(np.array_equal(rows, np.array(alone))), True, "alone or among others")
        expect(embed([]).shape, (0, rows.shape[1]), "nothing asked, nothing said")


def _embedded(name: str, family: str = "a", group: str = "g", *, bias: float = 0.0) -> Embedded:
    vector = np.random.default_rng(abs(hash_of(name))).normal(size=_SIZE) + bias
    return Embedded(name, group, family, vector / np.linalg.norm(vector))


def hash_of(name: str) -> int:
    """A number that is the same in every run."""
    return sum(ord(sign) * pow(31, at, 2**32) for at, sign in enumerate(name)) % 2**32


def _filled(factory: Factory) -> VectorIndex:
    index = factory()
    index.put([_embedded(f"a{n}") for n in range(10)])
    index.put([_embedded(f"b{n}", "b", "h", bias=5.0) for n in range(10)])
    index.put([_embedded(f"c{n}", "c", "h") for n in range(3)])
    index.commit(7)
    return index


def check_nearest(factory: Factory) -> None:
    """The text itself is nearest; groups narrow; a family has its own middle; tiny families are left out."""
    index = _filled(factory)
    for name, family in (("a3", "a"), ("b7", "b")):
        bias = 5.0 if family == "b" else 0.0
        found = index.nearest(_embedded(name, bias=bias).vector, family, 5)
        expect(found[0][0], name, "the same vector comes first")
        expect(found[0][1] > 0.99, True, "and is as near as can be")
        expect([score for _, score in found], sorted((s for _, s in found), reverse=True), "best first")
    only = index.nearest(_embedded("a3").vector, "a", 50, ["h"])
    expect({id_[0] for id_, _ in only}, {"b"}, "only the group asked for; three vectors have no mean")
    expect(index.nearest(_embedded("a3").vector, "a", 5, []), [], "no group, nothing")
    index.close()


def check_survives(factory: Factory) -> None:
    """What was committed is there after a restart, with its position; what was not is gone; ids replace."""
    index = _filled(factory)
    expect((index.position(), index.count()), (7, 23), "as of the last commit")
    index.put([_embedded("late")])
    index.close()
    again = factory()
    expect((again.position(), again.count()), (7, 23), "what was not committed is gone")
    again.put([_embedded("a0", group="other")])
    again.commit(8)
    expect(again.count(), 23, "an id stands once")
    expect(again.nearest(_embedded("a0").vector, "a", 1, ["other"])[0][0], "a0", "in its new group")
    again.close()


def check_empty(factory: Factory) -> None:
    """A new index is empty, at position 0, and finds nothing."""
    index = factory()
    expect((index.position(), index.count()), (0, 0), "new")
    expect(index.nearest(np.ones(_SIZE), "a", 5), [], "nothing to find")
    index.close()


def check_removed(factory: Factory) -> None:
    """What was taken out is found no more, now and after a restart; what is not there is no error."""
    index = _filled(factory)
    index.remove(["a3", "none"])
    index.commit(8)
    expect((index.position(), index.count()), (8, 22), "one less")
    near = index.nearest(_embedded("a3").vector, "a", 50)
    expect("a3" in {id_ for id_, _ in near}, False, "not found any more")
    index.close()
    again = factory()
    expect((again.position(), again.count()), (8, 22), "for good")
    again.close()


VECTOR_CHECKS = (check_empty, check_nearest, check_survives, check_removed)
