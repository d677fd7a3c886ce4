"""The day that random tests begin with: other ones each day, and one day for all workers of a run."""

from __future__ import annotations

import os
from datetime import UTC, datetime

DAY = int(os.environ.setdefault("TESTS_DAY", str(datetime.now(UTC).toordinal())))
"""Whoever starts workers has read it by then, so that they inherit it and collect the same tests, also at midnight."""
