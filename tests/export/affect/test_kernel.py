"""The kernel net: it learns what is not linear, serves missing sites, and torch says what numpy says."""

from __future__ import annotations

import numpy as np
import pytest

from export.affect.kernel import Kernel, fit_kernel, outputs_of, place

pytest.importorskip("sklearn", reason="needs the extra `export`")


def ring(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rest near the origin, load all around it; two sites of one feature, and their mask."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n).astype(float)
    angle = rng.uniform(0, 2 * np.pi, n)
    z = np.where(label[:, None] > 0, 3.0, 0.0) * np.column_stack((np.cos(angle), np.sin(angle)))
    z += 0.5 * rng.standard_normal((n, 2))
    return np.column_stack((z, np.ones((n, 2)))).astype(np.float32), label


def fitted(n_centres: int) -> Kernel:
    rows, label = ring(1000, 0)
    return fit_kernel(
        rows,
        label,
        np.ones(len(label)),
        n_sites=2,
        mask_weight=2.0,
        n_centres=n_centres,
        width=0.2,
        inverse_penalty=0.1,
        seed=0,
    )


def test_it_learns_a_ring_that_no_line_can_part() -> None:
    rows, label = ring(500, 1)
    right = {n: ((outputs_of(fitted(n), rows) > 0) == (label > 0)).mean() for n in (0, 50)}
    assert right[50] > 0.97
    assert right[0] < 0.65


def test_missing_sites_stretch_what_is_left() -> None:
    rows = np.array([[1.0, 2.0, 1, 1], [1.0, 0.0, 1, 0]], np.float32)
    points = place(rows, 2, 3.0)
    assert points[0].tolist() == [1, 2, 3, 3]
    assert points[1].tolist() == pytest.approx([2**0.5, 0, 3, 0])


def test_the_same_seed_gives_the_same_net() -> None:
    assert np.array_equal(fitted(20).weight, fitted(20).weight)


@pytest.mark.parametrize("n_centres", [0, 50])
def test_torch_says_what_numpy_says(n_centres: int) -> None:
    torch = pytest.importorskip("torch", reason="needs the extra `export`")
    from export.affect.model import KernelNet

    kernel = fitted(n_centres)
    rows, _ = ring(100, 2)
    rows[::3, 1] = rows[::3, 3] = 0
    with torch.no_grad():
        found = KernelNet(kernel).eval()(torch.from_numpy(rows)).numpy()[:, 0]
    assert np.abs(found - outputs_of(kernel, rows)).max() < 1e-4
