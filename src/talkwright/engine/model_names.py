"""Names of model files: the moment, and two words by which people tell them apart (wire-protocols 7)."""

from __future__ import annotations

import random
from datetime import datetime

SUFFIX = ".tar.gz"
_KINDS = (
    "amber brave bright brisk calm clear cool crisp deft eager fair fleet fresh gentle glad golden green hardy honest"
    " jolly keen kind lively lucky mellow merry mild neat noble plain polite proud quick quiet ready round sharp silver"
    " smooth solid spry steady sunny swift tidy warm wise witty"
)
_THINGS = (
    "anchor apple arch badge barge basil beacon bell birch bridge brook candle canoe cedar comet copper coral crane"
    " delta ember falcon fern field finch flint garden hazel heron hollow island ivy kettle lantern maple meadow mill"
    " oak orchard otter pebble pine quill river robin saddle sparrow tower willow"
)


def model_name(now: datetime) -> str:
    """A file name for a model that is trained now."""
    chance = random.SystemRandom()
    return f"{now:%Y%m%d-%H%M%S}-{chance.choice(_KINDS.split())}-{chance.choice(_THINGS.split())}{SUFFIX}"
