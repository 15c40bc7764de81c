"""Does the quality score tell which listings are watched and bought? Rank correlations.

    python benchmarks/quality.py [--quick] [--json OUT] [--data FOLDER]

Spearman's correlation of the score and of each part with what came of real listings, on the test
half of each set, and once more given price and category. 95 % intervals: bootstrap over sellers.
Baselines, same run: the length of the description, the number of photos. No real set here has
numbers of photos. "learnt" weighs the parts by non-negative least squares on the train half. The
demo's behaviour is simulated: its people do not read listings, so about 0 is right for it, and
nothing is learnt on it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.stats import rankdata

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from _quality_sets import REAL, Outcomes, simulated  # noqa: E402

from listing_assistant.assistant.quality import Contents, grade, score, words  # noqa: E402

SEED = 5
TINY = 1e-9
FEW = 50
Row = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A rank correlation with its 95 % interval."""

    rho: float
    low: float
    high: float

    def __str__(self) -> str:
        if np.isnan([self.rho, self.low, self.high]).any():
            return "– (too few listings)"
        return f"{self.rho:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


@dataclass(frozen=True)
class Line:
    """One predictor in one set: alone, and given price and category."""

    data: str
    signal: str
    listings: int
    predictor: str
    alone: Estimate
    given: Estimate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="200 resamples, a smaller demo")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    arguments = parser.parse_args()
    draws = 200 if arguments.quick else 2000
    sets: list[Outcomes] = []
    if (arguments.data / "text").is_dir():
        sets += [one for load in REAL for one in load(arguments.data)]
    else:
        print(f"No texts in {arguments.data}: the demo alone. Give a folder with --data.")
    sets += simulated(0.1 if arguments.quick else 0.5)
    lines = [line for one in sets for line in lines_of(one, draws)]
    print(f"{platform.machine()}, {os.cpu_count()} cores; {draws} resamples of sellers")
    previous = None
    for line in lines:
        if (line.data, line.signal) != previous:
            previous = (line.data, line.signal)
            print(f"\n{line.data} · {line.signal} · {line.listings:,} listings")
            print(f"{'':<24}{'alone':<28}given price and category")
        print(f"{line.predictor:<24}{line.alone!s:<28}{line.given}")
    if arguments.json:
        figures = {"machine": platform.machine(), "lines": [asdict(line) for line in lines]}
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def lines_of(data: Outcomes, draws: int) -> list[Line]:
    test = ~np.array(data.is_train)
    outcomes = rankdata(np.array(data.outcomes)[test])
    given = Given(data, test)
    clusters = np.unique(np.array(data.clusters)[test], return_inverse=True)[1]
    weights = resampled(clusters, draws)
    lines = []
    for name, values in predictors(data).items():
        kept = values[test]
        if np.ptp(kept) == 0:
            continue
        ranks = rankdata(kept)
        alone = estimate(ranks, outcomes, weights)
        partial = estimate(given.rest_of(ranks), given.rest_of(outcomes), weights)
        lines.append(Line(data.name, data.signal, int(test.sum()), name, alone, partial))
    return lines


def predictors(data: Outcomes) -> dict[str, Row]:
    """Name → a value a listing. A part that no listing of the set can have does not vary."""
    graded = [grade(contents) for contents in data.contents]
    keys = [part.key for part in graded[0]]
    shares = {
        key: np.array([parts[place].share for parts in graded]) for place, key in enumerate(keys)
    }
    columns = {
        "score": np.array([float(score(parts)) for parts in graded]),
        **({"learnt": learnt(shares, data)} if any(data.is_train) else {}),
        **{f"part: {key}": values for key, values in shares.items()},
    }
    baselines: dict[str, Callable[[Contents], float]] = {
        "baseline: words": lambda one: float(len(words(one.description))),
        "baseline: photos": lambda one: float(one.photos),
    }
    for name, count in baselines.items():
        columns[name] = np.array([count(contents) for contents in data.contents])
    return columns


def learnt(shares: dict[str, Row], data: Outcomes) -> Row:
    """The parts weighed by what they tell on the train half; none may count against a listing."""
    parts = np.stack(list(shares.values()), axis=1)
    train = np.array(data.is_train)
    given = Given(data, train)
    told = given.rest_of(rankdata(np.array(data.outcomes)[train]))
    rest = np.stack([given.rest_of(column) for column in parts[train].T], axis=1)
    weights, _ = nnls(rest, told)
    return np.asarray(parts @ weights)


class Given:
    """Takes out what category says, and what the rank of the price says, straight and squared."""

    def __init__(self, data: Outcomes, kept: NDArray[np.bool_]) -> None:
        self._category = np.unique(np.array(data.categories)[kept], return_inverse=True)[1]
        price = standardised(rankdata(np.array(data.prices)[kept]))
        self._prices = np.stack([self._centred(price), self._centred(price**2)], axis=1)

    def rest_of(self, values: Row) -> Row:
        centred = self._centred(values)
        told, *_ = np.linalg.lstsq(self._prices, centred, rcond=None)
        return np.asarray(centred - self._prices @ told)

    def _centred(self, values: Row) -> Row:
        sums = np.bincount(self._category, weights=values)
        return np.asarray(values - (sums / np.bincount(self._category))[self._category])


def resampled(clusters: NDArray[np.intp], draws: int) -> NDArray[np.float32]:
    """(draws, listings): how often each listing is drawn when sellers are drawn anew."""
    count = int(clusters.max()) + 1
    rng = np.random.default_rng(SEED)
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=draws).astype(np.float32)
    return drawn[:, clusters]


def estimate(first: Row, second: Row, weights: NDArray[np.float32]) -> Estimate:
    """Ranks are those of the whole sample; resamples weigh them."""
    rho = correlations(first, second, np.ones((1, len(first)), dtype=np.float32))[0]
    if len(first) < FEW:
        return Estimate(np.nan, np.nan, np.nan)
    drawn = correlations(first, second, weights)
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Estimate(float(rho), float(low), float(high))


def correlations(first: Row, second: Row, weights: NDArray[np.float32]) -> Row:
    """(draws,): Pearson's correlation under each row of weights."""
    one, other = standardised(first), standardised(second)
    whole = weights.sum(axis=1)

    def mean(values: Row) -> Row:
        return np.asarray(weights @ values / whole)

    covariance = mean(one * other) - mean(one) * mean(other)
    spread = (mean(one**2) - mean(one) ** 2) * (mean(other**2) - mean(other) ** 2)
    # A resample may hold one value only: it has no correlation.
    return np.asarray(covariance / np.sqrt(np.where(spread > TINY, spread, np.nan)))


def standardised(values: Sequence[float] | Row) -> Row:
    row = np.asarray(values, dtype=np.float64)
    return np.asarray((row - row.mean()) / (row.std() or 1.0))


if __name__ == "__main__":
    main()
