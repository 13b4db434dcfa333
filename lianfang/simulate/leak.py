"""Does a record's number, place or time give its label away? A small classifier tries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.terms.codes import Kind
from lianfang.simulate import columns
from lianfang.simulate.dice import Dice

LIMIT_AUC = 0.55
ENOUGH_PEOPLE = 1_000  # abnormal filers below which chance alone moves the AUC by 0.01
_LEAST_POSITIVES = 20
_MOST_ROWS = 60_000
_FOLDS = 5
_TIMES = {"complaint": "received_at", "contact": "at", "post": "posted_at",
          "application": "applied_at", "objection": "received_at", "tip": "received_at"}  # fmt: skip


@dataclass(frozen=True)
class Leak:
    """How well ids, row order and moments alone tell abnormal records from others."""

    auc: float
    by_kind: Mapping[Kind, tuple[float, int]]
    n_people: int

    @property
    def limit(self) -> float:
        """Give the AUC allowed: 0.55, and in a small simulation two errors of chance more."""
        chance = 2 * float(np.sqrt(1 / (12 * max(1, self.n_people))))
        return LIMIT_AUC + (chance if self.n_people < ENOUGH_PEOPLE else 0.0)

    @property
    def is_tight(self) -> bool:
        """Say whether nothing worth the name leaks."""
        return self.auc <= self.limit


def leak(tables: Mapping[Kind, pa.Table], labels: pa.Table) -> Leak:
    """Try to guess `is_abnormal` from ids, row order and timestamps alone.

    Args:
        tables: by kind, in file order, with `record_id`.
        labels: as written to `labels.parquet`.

    Returns:
        AUC of a cross-fitted logistic regression, a mean over kinds by number of abnormal records.
    """
    found: dict[Kind, tuple[float, int]] = {}
    for kind, table in tables.items():
        truth = _truth(kind, table, labels)
        n = int(truth.sum())
        if n >= _LEAST_POSITIVES and n <= len(truth) - _LEAST_POSITIVES:
            found[kind] = (_cross_fitted(_features(kind, table), truth), n)
    total = sum(n for _, n in found.values())
    mean = sum(auc * n for auc, n in found.values()) / total if total else 0.5
    abnormal = labels.filter(labels["is_abnormal"])["person_ref"]
    return Leak(mean, found, pc.count_distinct(abnormal).as_py())


def auc(scores: np.ndarray, truth: np.ndarray) -> float:
    """Give the chance that an abnormal record scores above a normal one; ties count half."""
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    n = truth.sum()
    return float((ranks[truth].sum() - n * (n + 1) / 2) / (n * (len(truth) - n)))


def _truth(kind: Kind, table: pa.Table, labels: pa.Table) -> np.ndarray:
    of_kind = labels.filter(pc.equal(labels["kind"], columns.one(kind.value)))
    place = pc.index_in(table["record_id"], value_set=of_kind["record_id"].combine_chunks())
    return np.asarray(of_kind["is_abnormal"].take(place).combine_chunks().to_numpy(False), dtype=bool)


def _features(kind: Kind, table: pa.Table) -> np.ndarray:
    """Take what a cheat would look at, nothing of the record's matter."""
    rows = np.arange(table.num_rows) / max(1, table.num_rows - 1)
    digits = pc.replace_substring_regex(table["record_id"], r"\D", "")
    numbers = digits.cast(pa.int64()).combine_chunks().to_numpy(False).astype(float)
    serials = numbers % 1_000_000
    seconds = table[_TIMES[kind.value]].cast(pa.int64()).combine_chunks().to_numpy(False) // 1_000_000
    local = seconds + 8 * 3600
    day, clock = local // 86_400, local % 86_400
    angle = clock / 86_400 * 2 * np.pi
    week = ((day + 3) % 7)[:, None] == np.arange(6)
    spans = [rows, rows**2, numbers, serials, serials % 2, serials % 10, day, (day - day.mean()) ** 2]
    turns = [np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)]
    rest = [clock, clock % 3600, clock % 60, clock % 2]
    return np.column_stack([*spans, *turns, *rest, week]).astype(float)


def _cross_fitted(features: np.ndarray, truth: np.ndarray) -> float:
    dice = Dice(0, "leak")
    if len(truth) > _MOST_ROWS:
        chosen = np.sort(np.argsort(dice.shares(len(truth)))[:_MOST_ROWS])
        features, truth = features[chosen], truth[chosen]
    spread = features.std(axis=0)
    features = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    features = np.column_stack([np.ones(len(features)), features])
    fold = dice.wholes(len(truth), 0, _FOLDS - 1)
    scores = np.zeros(len(truth))
    aucs = []
    for i in range(_FOLDS):
        weights = _fit(features[fold != i], truth[fold != i])
        scores[fold == i] = features[fold == i] @ weights
        aucs.append(auc(scores[fold == i], truth[fold == i]) if _mixed(truth[fold == i]) else 0.5)
    return float(np.mean(aucs))


def _mixed(truth: np.ndarray) -> bool:
    return bool(truth.any() and not truth.all())


def _fit(features: np.ndarray, truth: np.ndarray, ridge: float = 1.0) -> np.ndarray:
    """Fit a logistic regression by Newton's steps, slightly held back."""
    weights = np.zeros(features.shape[1])
    for _ in range(12):
        p = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        slope = features.T @ (truth - p) - ridge * weights
        bend = (features * (p * (1 - p))[:, None]).T @ features + ridge * np.eye(len(weights))
        step = np.linalg.solve(bend, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-6:
            break
    return weights
