"""Lines that a job's log stream lost on the way are taken from the log that the job stored at its end."""

from __future__ import annotations

import json

from talkwright.modelservice.jobs import Ended, parse_line
from talkwright.modelservice.keeper import Keeper
from talkwright.operations.logs import get_logger
from talkwright.storage.objects import ObjectStore, StorageError

log = get_logger(__name__)


async def fill_gaps(keeper: Keeper, store: ObjectStore, ended: Ended) -> None:
    """Give the keeper what it missed of the job's log; where the log was not stored, the gap stays."""
    missing = keeper.missing(ended.lines)
    if not missing:
        return
    if ended.log is None:
        log.warning("log.gap_stays", attempt=str(keeper.attempt.id), lines=sum(len(gap) for gap in missing))
        return
    try:
        whole = await store.get(ended.log)
    except StorageError as error:
        log.warning("log.gap_stays", attempt=str(keeper.attempt.id), error=str(error))
        return
    for raw in whole.splitlines():
        try:
            record = json.loads(raw)
            number, at, text = int(record["number"]), float(record["at"]), str(record["text"])
        except (ValueError, KeyError, TypeError):
            continue
        if any(number in gap for gap in missing):
            keeper.note(parse_line(number, at, text))
    log.info("log.gap_filled", attempt=str(keeper.attempt.id), lines=sum(len(gap) for gap in missing))
