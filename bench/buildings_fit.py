"""Fits the weights of `umaya.engines.buildings` on the judged cases, and measures the reliability on the held-out half.

Maximum likelihood with a ridge; the penalty by five-fold cross-validation within the fitting half, `sure` as the lowest
tenth from which on its links are 98% right. A case judged `several` or `none` counts as "none, or it cannot be told".
The fit never looks at the held-out half.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from buildings_cases import STRATA, Scene, read_verdicts, strata
from umaya.engines.buildings.candidates import candidates
from umaya.engines.buildings.params import ResolveParams
from umaya.engines.buildings.resolve import evidence, evidence_of_none, usable

Floats = npt.NDArray[np.float64]
RIDGES = (0.05, 0.1, 0.2, 0.4, 0.8)
FOLDS, GOOD = 5, 0.98


@dataclass(frozen=True)
class Case:
    """One judged case.

    Attributes:
        evidence: a row for each candidate.
        none: evidence of none.
        truth: which candidate, -1 for none or several.
        chance: probabilities of the candidates with the shipped weights.
        distance: metres to each.
        weight: how many points of the ward the case stands for.
        others: which candidates were judged to share the address.
        main_taken: which candidates the engine links to some number.
        verdict: the row of the cases' file.
    """

    evidence: Floats
    none: Floats
    truth: int
    distance: Floats
    weight: float
    rows: npt.NDArray[np.int64]
    verdict: dict[str, str]


def cases(seen: Scene) -> list[Case]:
    """Return the judged cases with their evidence."""
    pairs = usable(candidates(seen.where, seen.buildings))
    columns, none = evidence(pairs), evidence_of_none(pairs, len(seen.where.xy))
    names = {ref: i for i, ref in enumerate(seen.footprints["footprint"].to_pylist())}
    ids = [seen.points[name].to_pylist() for name in ("lg_code", "machiaza_id", "blk_id", "rsdt_id")]
    row_of = {key: i for i, key in enumerate(zip(*ids, strict=True))}
    kind = strata(seen)
    share = np.bincount(kind[kind >= 0], minlength=len(STRATA))
    made = []
    for verdict in read_verdicts():
        row = row_of[verdict["lg_code"], verdict["machiaza_id"], verdict["blk_id"], verdict["rsdt_id"]]
        low, high = np.searchsorted(pairs.point, [row, row + 1])
        rows = np.arange(low, high)
        hit = np.flatnonzero(pairs.building[rows] == names.get(verdict["building"], -1))
        truth = int(hit[0]) if len(hit) else -1
        weight = share[STRATA.index(verdict["stratum"])] / 30
        made.append(Case(columns[rows], none[row], truth, pairs.distance[rows], float(weight), rows, verdict))
    return made


def chances(weights: Floats, case: Case) -> Floats:
    """Return the probabilities of the candidates, then of none."""
    split = len(weights) - 3
    utility = np.append(case.evidence @ weights[:split], case.none @ weights[split:])
    power = np.exp(utility - utility.max())
    result: Floats = power / power.sum()
    return result


def _loss(weights: Floats, among: list[Case], ridge: float) -> float:
    return float(-sum(np.log(chances(weights, case)[case.truth] + 1e-12) for case in among) + ridge * weights @ weights)


def _fitted(among: list[Case], ridge: float) -> Floats:
    start = np.zeros(among[0].evidence.shape[1] + 3)
    result: Floats = minimize(_loss, start, args=(among, ridge), method="BFGS").x
    return result


def fit(all_cases: list[Case]) -> tuple[ResolveParams, float]:
    """Return the weights, and the ridge that cross-validation chose."""
    among = [case for case in all_cases if case.verdict["half"] == "fit"]

    def score(ridge: float) -> float:
        parts = [(among[i::FOLDS], [c for j, c in enumerate(among) if j % FOLDS != i]) for i in range(FOLDS)]
        return sum(_loss(_fitted(rest, ridge), out, 0.0) for out, rest in parts)

    ridge = min(RIDGES, key=score)
    weights = [round(float(weight), 3) for weight in _fitted(among, ridge)]
    spread = [(chances(np.array(weights), case)[:-1], case.truth) for case in among if len(case.rows)]
    told = [(p.max(), int(p.argmax()) == truth) for p, truth in spread]
    right = {tenth: [hit for top, hit in told if top >= tenth / 10] for tenth in range(6, 10)}
    sure = min((tenth for tenth, hits in right.items() if np.mean(hits) >= GOOD), default=9) / 10
    return replace(ResolveParams(*weights), sure=sure), ridge


def measure(all_cases: list[Case], params: ResolveParams) -> dict[str, Any]:
    """Return what the held-out half says."""
    weights = np.array(params.weights())
    among = [case for case in all_cases if case.verdict["half"] == "held-out" and len(case.rows)]
    told = [chances(weights, case)[:-1] for case in among]
    top, hit = (
        np.array([p.max() for p in told]),
        np.array([int(p.argmax()) == c.truth for p, c in zip(told, among, strict=True)]),
    )
    weight = np.array([case.weight for case in among])
    nearest = np.array([int(case.distance.argmin()) == case.truth for case in among])
    sure = top >= params.sure
    bins = [(low / 10, (top >= low / 10) & (top < low / 10 + 0.1 + (low == 9))) for low in range(10)]
    return {
        "cases": len(among),
        "brier": round(float(np.mean((top - hit) ** 2)), 4),
        "brier_weighted": round(float(np.average((top - hit) ** 2, weights=weight)), 4),
        "brier_of_the_mean": round(float(hit.mean() * (1 - hit.mean())), 4),
        "nearest_right": round(float(nearest.mean()), 4),
        "likeliest_right": round(float(hit.mean()), 4),
        "linked": int(sure.sum()),
        "linked_right": int(hit[sure].sum()),
        "linked_share_weighted": round(float(np.average(sure, weights=weight)), 4),
        "nearest_right_where_doubtful": round(float(nearest[~sure].mean()), 4),
        "reliability": [
            {
                "from": low,
                "cases": int(m.sum()),
                "told": round(float(top[m].mean()), 3),
                "right": round(float(hit[m].mean()), 3),
            }
            for low, m in bins
            if m.any()
        ],
    }
