"""Names for the array types that the stage passes around."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

Indices = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
"""Where something stands in a list that is far shorter than two milliards."""
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Matrix = sparse.csr_matrix
Bits = npt.NDArray[np.uint64]
