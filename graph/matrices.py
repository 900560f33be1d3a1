"""Ties as a sparse matrix: for the searches, which alone need scipy."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from graph.ties import Ties

Matrix = sparse.csr_array[np.float64]


def matrix_of(ties: Ties) -> Matrix:
    """Symmetric, without a diagonal."""
    weights = np.concatenate((ties.weight, ties.weight))
    rows = np.concatenate((ties.first, ties.second))
    columns = np.concatenate((ties.second, ties.first))
    return sparse.coo_array((weights, (rows, columns)), shape=(ties.size, ties.size)).tocsr()
