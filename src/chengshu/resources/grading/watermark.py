"""Marks in exports that tell who received them, though rows and columns be dropped and the order changed.

Two marks that need nothing but the leaked data and the key (after Agrawal and Kiernan 2002):

* *Last digits.* In columns that bear a change of one unit in the last place, the key and the recipient
  choose some of the values by their leading digits, and give the parity of the last. Every value carries its
  own mark: any subset of rows and any single column will do, names and order of columns do not matter.
* *Decoy rows*, recombined from the table's own values, for tables without such columns.

Detection counts the distinct leading digits whose parity agrees. In data without the mark each agrees with
probability ½ whatever the data are, because the parities are pseudo-random: the probability to see as many
by chance is the tail of a binomial distribution, times the number of recipients asked about. It is stated.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scipy.special import betainc

from chengshu.kernel.errors import Invalid

MARKED = 2  # one of so many values is marked
CERTAIN = 1e-6  # probability of a false accusation from which a recipient is named
_DECIMAL = re.compile(r"([+-]?\d*\.?\d*)(\d)")
_LEADING = 3  # digits before the last without which a value is not marked


@dataclass(frozen=True, slots=True)
class Detection:
    """For one recipient: ``agreeing`` of ``looked`` parities, and how probable that is without a mark.

    ``chance`` covers all recipients asked about together (Bonferroni).
    """

    recipient: str
    looked: int
    agreeing: int
    chance: float

    @property
    def named(self) -> bool:
        """Whether this is certain enough to say so."""
        return self.chance <= CERTAIN


def mark(values: Iterable[str | None], recipient: str, key: bytes) -> list[str | None]:
    """A numeric column with the mark of a recipient; no value moves by more than one unit in its last place.

    Values with fewer than three digits before the last, and whatever is no plain decimal, stay as they are.
    Raises Invalid for a short key.
    """
    _check(key)
    return [None if value is None else _marked(value, recipient, key) for value in values]


def _marked(value: str, recipient: str, key: bytes) -> str:
    parts = _parts(value)
    if parts is None:
        return value
    leading, last = parts
    parity = _parity(leading, recipient, key)
    if parity is None or last % 2 == parity:
        return value
    return f"{leading}{last + 1 if last < 9 and last % 2 == 0 else last - 1}"


def _parts(value: str) -> tuple[str, int] | None:
    match = _DECIMAL.fullmatch(value)
    if match is None or sum(sign.isdigit() for sign in match[1]) < _LEADING:
        return None
    return match[1], int(match[2])


def _parity(leading: str, recipient: str, key: bytes) -> int | None:
    """The parity that this recipient's copy has behind these digits; None where it is not marked."""
    digest = hmac.new(key, f"{recipient}\0{leading.lstrip('+')}".encode(), hashlib.sha256).digest()
    return digest[1] % 2 if digest[0] % MARKED == 0 else None


def detect(columns: Sequence[Iterable[str | None]], recipients: Sequence[str], key: bytes) -> list[Detection]:
    """Whose mark do these columns carry? The most probable recipient first. Raises Invalid for a short key.

    Each distinct leading text counts once, with the parity most of its values have: copies and repeated rows
    prove nothing more.
    """
    _check(key)
    parities = _parities(columns)
    found = []
    for recipient in recipients:
        wanted = {leading: _parity(leading, recipient, key) for leading in parities}
        looked = [leading for leading, parity in wanted.items() if parity is not None]
        agreeing = sum(parities[leading] == wanted[leading] for leading in looked)
        chance = min(1.0, _tail(len(looked), agreeing) * len(recipients))
        found.append(Detection(recipient, len(looked), agreeing, chance))
    return sorted(found, key=lambda one: (one.chance, -one.agreeing, one.recipient))


def _parities(columns: Sequence[Iterable[str | None]]) -> dict[str, int]:
    odds: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for column in columns:
        for value in column:
            parts = _parts(value) if value is not None else None
            if parts is not None:
                leading = parts[0].lstrip("+")
                seen[leading] += 1
                odds[leading] += parts[1] % 2
    return {
        leading: int(2 * odds[leading] > count)
        for leading, count in seen.items()
        if 2 * odds[leading] != count
    }


def _tail(looked: int, agreeing: int) -> float:
    """The probability of at least so many heads in fair throws (regularised incomplete beta function)."""
    if 2 * agreeing <= looked:
        return 1.0
    return float(betainc(agreeing, looked - agreeing + 1, 0.5))


def decoys(
    rows: Sequence[Sequence[str | None]], recipient: str, key: bytes, count: int
) -> list[tuple[str | None, ...]]:
    """Rows for one recipient, each value taken from another row of the table, none equal to a row of it.

    They keep what each column looks like and belong to nobody. Keep them: they are what to look for.
    Raises Invalid for a short key, and for a table too small or too uniform to hide them in.
    """
    _check(key)
    real = {tuple(row) for row in rows}
    found: list[tuple[str | None, ...]] = []
    for number in range(count * 20 if rows else 0):
        if len(found) == count:
            break
        chosen = (_draw(f"{recipient}\0{number}\0{at}", key, len(rows)) for at in range(len(rows[0])))
        decoy = tuple(rows[row][at] for at, row in enumerate(chosen))
        if decoy not in real and decoy not in found:
            found.append(decoy)
    if len(found) == count:
        return found
    raise Invalid(
        "decoys-impossible",
        f"only {len(found)} of {count} rows could be made that are not in the table",
        where="rows",
        remedy="ask for fewer, or mark a numeric column instead",
    )


def _draw(text: str, key: bytes, limit: int) -> int:
    return int.from_bytes(hmac.new(key, text.encode(), hashlib.sha256).digest()[:8], "big") % limit


def find_decoys(
    leaked: Iterable[Sequence[str | None]],
    kept: Sequence[int],
    known: Mapping[str, Sequence[Sequence[str | None]]],
    real: Iterable[Sequence[str | None]],
) -> dict[str, int]:
    """How many decoys of each recipient are among leaked rows, of which the columns ``kept`` are left.

    Decoys that, in these columns, look like a real row or another recipient's decoy prove nothing, and do not
    count: data that come from the table itself can then accuse nobody.
    """
    rows = {tuple(row) for row in leaked}
    innocent = {tuple(row[at] for at in kept) for row in real}
    shapes = {name: {tuple(row[at] for at in kept) for row in made} for name, made in known.items()}
    common = Counter(shape for made in shapes.values() for shape in made)
    return {
        name: sum(shape in rows and shape not in innocent and common[shape] == 1 for shape in made)
        for name, made in shapes.items()
    }


def _check(key: bytes) -> None:
    if len(key) < 16:
        raise Invalid("key-short", "the key must have 16 bytes or more", where="key", remedy="draw a new key")
