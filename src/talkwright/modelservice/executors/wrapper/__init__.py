"""Runs one job and watches it: a folder of the standard library alone, so that it can be copied beside any engine.

`python -I -S …/wrapper supervisor FOLDER` takes FOLDER/job.json, runs the command in FOLDER/work in a process group of
its own, passes its output on as numbered JSON lines (also into FOLDER/log.jsonl), keeps its limits, writes
FOLDER/status.json atomically, and at the end has `…/wrapper ship` store the log and the outputs.

Whoever holds the job writes JSON lines to its standard input, or to the pipe FOLDER/control where another has taken it
over: `{"stop": SECONDS}` ends it, killed after so long, and `{"held": {"url": …, "token": …}}` says who stores things
now. When standard input ends, the job ends too, after the seconds that it may be unheld; with `lifeline`, at once.
In a pod (`is_held`) a signal ends it, `report` and the exit code tell its end, `desk_file` always names who stores.
With `hands_on` a job that succeeds is left to the container after this one, which stores and tells (`jobpublish.py`).

What stands in this module is what others reckon with.
"""

import errno

GRACE_SECONDS = 2.0
PARTING_SECONDS = 5.0
"""So long a job may store its log that leaves nothing else: whoever waits for its end waits that long, where the store
hangs or the machine is busy."""
STOPPED = 143
"""The exit code of a stopped job whose program ended as if nothing had been, where others go by that code."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
DISK_FULL = "disk full"
"""Why a job failed that, or whose log, found no room to write."""
OVER = "its studio ended"
"""Why a job ended that ended with whoever supervises its consumers: it was not lost, and starts again with them."""
UNHELD = "unheld"
"""Why a job ended that had been without a holder for too long: it was not lost either."""
NO_FAULT = (OVER, UNHELD)
