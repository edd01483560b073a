"""How kernels are compiled: once for a machine, without the interpreter's lock.

`kernel` is for functions that allocate arrays. `inner` is for those that allocate none and run in the innermost loops:
they count no references, which would cost more than the arithmetic (two locked instructions for each array of a tuple
at each call). Numba has no public word for it; `_nrt=False` is needed, for without it matching takes eight times as
long (142,000 positions a second of a core, not 1,130,000). Numba refuses to compile an `inner` that allocates.
Division by zero gives infinities and NaN as in NumPy, so that no loop needs a branch for it. Compiled code is kept on
disk: a second start compiles nothing.
"""

from __future__ import annotations

import numba

kernel = numba.njit(cache=True, nogil=True, error_model="numpy")
inner = numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
fused = numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
inlined = numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
