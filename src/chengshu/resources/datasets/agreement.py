"""How far annotators agree beyond chance, and where they do not. Pure.

Sources: J. Cohen, A coefficient of agreement for nominal scales (1960), and its weighted form (1968);
K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), with any number of annotators and gaps;
A. Hayes and K. Krippendorff, Answering the Call for a Standard Reliability Measure (2007): its interval.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from chengshu.kernel.errors import Invalid
from chengshu.resources.datasets.model import Judgement, Scale

Distance = Callable[[str, str], float]
RELIABLE, TENTATIVE = 0.8, 0.667  # Krippendorff, Content Analysis (2004), p. 241
_DRAWS, _MOST_DRAWN = 2000, 40_000_000  # of units, for an interval; at least a hundred


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A unit on which annotators differ: what each says, and how far apart they are (0 to 1)."""

    unit: str
    said: Mapping[str, str]
    apart: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """``kappa`` for two annotators only; ``alpha`` None where no two judge the same unit or nothing varies.

    ``share``: of pairs of judgements of a unit, those that are equal; ``paired``: units two or more judged.
    ``interval``: where alpha lies with 95 % confidence, had other units of the kind been judged.
    """

    scale: Scale
    units: int
    paired: int
    annotators: tuple[str, ...]
    judgements: int
    share: float | None
    kappa: float | None
    alpha: float | None
    disagreements: tuple[Disagreement, ...]
    interval: tuple[float, float] | None = None

    @property
    def reading(self) -> str:
        """reliable, tentative, unreliable or unknown, by Krippendorff's bounds."""
        if self.alpha is None:
            return "unknown"
        if self.alpha >= RELIABLE:
            return "reliable"
        return "tentative" if self.alpha >= TENTATIVE else "unreliable"


def agreement(judgements: Iterable[Judgement], scale: Scale, values: Sequence[str]) -> Agreement:
    """All of it at once. ``values`` in their order where the scale is ordinal.

    Raises :class:`Invalid` for values of an interval scale that are no numbers.
    """
    said = list(judgements)
    table = by_unit(said)
    paired = {unit: given for unit, given in table.items() if len(given) > 1}
    annotators = tuple(sorted({item.annotator for item in said}))
    distance = distance_of(scale, values, _margins(paired))
    return Agreement(
        scale,
        len(table),
        len(paired),
        annotators,
        len(said),
        _equal_share(paired),
        cohen_kappa(_both(paired, annotators)) if len(annotators) == 2 and paired else None,
        krippendorff_alpha(paired, distance),
        disagreements(paired, distance),
        alpha_interval(paired, distance),
    )


def by_unit(judgements: Iterable[Judgement]) -> dict[str, dict[str, str]]:
    """unit → annotator → value, in the order of their names."""
    table: dict[str, dict[str, str]] = defaultdict(dict)
    for item in sorted(judgements):
        table[item.unit][item.annotator] = item.value
    return dict(table)


def cohen_kappa(pairs: Sequence[tuple[str, str]], distance: Distance | None = None) -> float | None:
    """Cohen's kappa of two annotators' judgements of the same units; weighted where a distance is given.

    None where chance alone would make them agree: both always say the same one thing.
    """
    if not pairs:
        return None
    apart = distance or _different
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    observed = sum(apart(a, b) for a, b in pairs) / len(pairs)
    chance = sum(apart(a, b) * n * m for a, n in first.items() for b, m in second.items()) / len(pairs) ** 2
    return None if chance == 0 else 1 - observed / chance


def krippendorff_alpha(table: Mapping[str, Mapping[str, str]], distance: Distance) -> float | None:
    """Krippendorff's alpha over unit → annotator → value; units judged once do not count.

    ``distance`` is squared already, as the paper's delta². None where nothing can be compared or all agree
    on one value throughout.
    """
    coincidences: defaultdict[tuple[str, str], float] = defaultdict(float)
    for given in table.values():
        counts, size = Counter(given.values()), len(given)
        if size < 2:
            continue
        for a, n in counts.items():
            for b, m in counts.items():
                coincidences[a, b] += n * (m - (a == b)) / (size - 1)
    margins: defaultdict[str, float] = defaultdict(float)
    for (a, _), count in coincidences.items():
        margins[a] += count
    total = sum(margins.values())
    if total <= 1:
        return None
    observed = sum(count * distance(a, b) for (a, b), count in coincidences.items())
    chance = sum(n * m * distance(a, b) for a, n in margins.items() for b, m in margins.items())
    return None if chance == 0 else 1 - (total - 1) * observed / chance


def alpha_interval(
    table: Mapping[str, Mapping[str, str]], distance: Distance, *, seed: int = 1
) -> tuple[float, float] | None:
    """Where alpha lies with 95 % confidence: units drawn anew many times, what chance gives held fast.

    The same judgements give the same interval. None where there is no alpha, and for fewer than two units.
    """
    alpha = krippendorff_alpha(table, distance)
    judged = [given for given in table.values() if len(given) > 1]
    if alpha is None or len(judged) < 2:
        return None
    sizes = np.array([len(given) for given in judged], dtype=float)
    apart = np.array([_apart(given, distance) for given in judged])
    if not apart.any():
        return alpha, alpha
    chance = apart.sum() / sizes.sum() / (1 - alpha)
    draws = max(min(_DRAWS, _MOST_DRAWN // len(judged)), 100)
    generator = np.random.default_rng(seed)
    found = np.empty(draws)
    for at in range(draws):
        drawn = generator.integers(0, len(judged), len(judged))
        found[at] = 1 - apart[drawn].sum() / sizes[drawn].sum() / chance
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(min(high, 1.0))


def _apart(given: Mapping[str, str], distance: Distance) -> float:
    """What a unit adds to the observed disagreement: its pairs twice, over its judgements less one."""
    return 2 * sum(distance(a, b) for a, b in combinations(given.values(), 2)) / (len(given) - 1)


def distance_of(scale: Scale, values: Sequence[str], margins: Mapping[str, float]) -> Distance:
    """delta² of a scale: differing or not; ranks between; difference squared.

    ``margins``: how often each value was given (of ordinal values the ones between two count by it). Raises
    :class:`Invalid`.
    """
    if scale == "nominal":
        return _different
    if scale == "interval":
        numbers = {value: _number(value) for value in sorted({*values, *margins})}
        return lambda a, b: (numbers[a] - numbers[b]) ** 2
    ranks = {value: at for at, value in enumerate(values)}
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + margins.get(value, 0))

    def ordinal(a: str, b: str) -> float:
        low, high = sorted((ranks[a], ranks[b]))
        ends = (margins.get(values[low], 0) + margins.get(values[high], 0)) / 2
        return (sums[high + 1] - sums[low] - ends) ** 2

    return ordinal


def disagreements(table: Mapping[str, Mapping[str, str]], distance: Distance) -> tuple[Disagreement, ...]:
    """Units on which judgements differ, the farthest apart first."""
    found = []
    for unit, given in table.items():
        pairs = list(combinations(given.values(), 2))
        mean = sum(distance(a, b) for a, b in pairs) / len(pairs) if pairs else 0.0
        if len(set(given.values())) > 1:
            found.append(Disagreement(unit, given, mean))
    widest = max((item.apart for item in found), default=0.0) or 1.0
    scaled = [Disagreement(item.unit, item.said, item.apart / widest) for item in found]
    return tuple(sorted(scaled, key=lambda item: (-item.apart, item.unit)))


def _different(a: str, b: str) -> float:
    return float(a != b)


def _margins(table: Mapping[str, Mapping[str, str]]) -> dict[str, float]:
    """How often each value stands where two or more judged."""
    counts: Counter[str] = Counter()
    for given in table.values():
        counts.update(given.values())
    return {value: float(count) for value, count in counts.items()}


def _equal_share(table: Mapping[str, Mapping[str, str]]) -> float | None:
    pairs = [pair for given in table.values() for pair in combinations(given.values(), 2)]
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else None


def _both(table: Mapping[str, Mapping[str, str]], annotators: Sequence[str]) -> list[tuple[str, str]]:
    first, second = annotators
    return [(given[first], given[second]) for given in table.values() if first in given and second in given]


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise Invalid(
            "label-number", f"{value!r} is no number", remedy="labels of an interval scale are numbers"
        ) from None
