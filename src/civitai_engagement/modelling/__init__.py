"""Models of engagement, with numpy and scipy: pure, no database, no network. Imported only when first asked for."""

import os

# Our matrices are small: with threads, one question over 8,700 media took 2.4 s of the processor, without them 0.8 s.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
