"""The reading that won on people it has not seen: a kernel expansion fitted by logistic regression (Nystroem).

Williams & Seeger (2001), "Using the Nystroem method to speed up kernel machines". Needs no torch. A window whose sites
are partly missing is stretched by sqrt(sites / present), so that distances stay comparable, and the mask itself is part
of the distance; so one net reads any montage.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray

RELATIVE_EIGENVALUE_MIN = 1e-3
"""Directions of the kernel matrix below it carry rounding errors only."""


class Kernel(NamedTuple):
    """What is exported: logit = exp(-width * |x - centre|^2) @ weight + bias; or x @ weight + bias without centres."""

    n_sites: int
    mask_weight: float
    width: float
    centres: FloatArray
    """Shape (centres, inputs); (0, inputs): linear."""
    weight: FloatArray
    bias: float


def place(rows: NDArray[np.float32], n_sites: int, mask_weight: float) -> FloatArray:
    """Model inputs (n, sites * features + sites) as points of the kernel's space, of the same shape."""
    mask = rows[:, -n_sites:].astype(np.float64)
    stretch = np.sqrt(n_sites / np.maximum(mask.sum(axis=1, keepdims=True), 1.0))
    return np.concatenate((rows[:, :-n_sites] * stretch, mask * mask_weight), axis=1)


def similarity(points: FloatArray, centres: FloatArray, width: float) -> FloatArray:
    """Gaussian kernel, shape (points, centres)."""
    squares = (points**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1) - 2 * points @ centres.T
    return np.asarray(np.exp(-width * np.maximum(squares, 0.0)))


def fit_kernel(
    rows: NDArray[np.float32],
    label: FloatArray,
    weight: FloatArray,
    *,
    n_sites: int,
    mask_weight: float,
    n_centres: int,
    width: float,
    inverse_penalty: float,
    seed: int,
) -> Kernel:
    """Fit to windows (n, inputs), labels 0 or 1 and their weights."""
    # Here and not above: the interpreter that writes LiteRT files knows kernels too, and has no scikit-learn.
    from sklearn.cluster import MiniBatchKMeans  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    points = place(rows, n_sites, mask_weight)
    if not n_centres:
        model = LogisticRegression(C=inverse_penalty, max_iter=1000).fit(points, label, weight)
        return Kernel(n_sites, mask_weight, 0.0, np.zeros((0, points.shape[1])), model.coef_[0], model.intercept_[0])
    means = MiniBatchKMeans(n_centres, n_init=1, batch_size=4096, random_state=seed).fit(points)
    centres = means.cluster_centers_.astype(np.float64)
    values, vectors = np.linalg.eigh(similarity(centres, centres, width))
    kept = values > RELATIVE_EIGENVALUE_MIN * values[-1]
    basis = 10 * vectors[:, kept] / np.sqrt(values[kept])
    model = LogisticRegression(C=inverse_penalty, max_iter=1000)
    model.fit(similarity(points, centres, width) @ basis, label, weight)
    return Kernel(n_sites, mask_weight, width, centres, basis @ model.coef_[0], float(model.intercept_[0]))


def outputs_of(kernel: Kernel, rows: NDArray[np.float32]) -> FloatArray:
    """Logits, shape (n,)."""
    points = place(rows, kernel.n_sites, kernel.mask_weight)
    reading = similarity(points, kernel.centres, kernel.width) if len(kernel.centres) else points
    return np.asarray(reading @ kernel.weight + kernel.bias)
