"""Stories to paths: `or` and checkpoints spelled out, so that each path is one conversation from its beginning (3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

from talkwright.assistant.stories import AnyOf, Checkpoint, Done, Heard, InLoop, SlotsSet, Story, StoryStep
from talkwright.engine.dialogue.classic.features import ANYTHING, Features
from talkwright.engine.dialogue.classic.states import LISTEN, State, Track

MOST_PATHS = 5_000
"""Paths of an assistant that are remembered; stories that make more are too many to check or to keep."""


@dataclass(frozen=True, slots=True)
class Path:
    """One way through stories; `story` is the one it ends in."""

    story: Story
    steps: tuple[StoryStep, ...]


def ways_through(steps: Sequence[StoryStep]) -> Iterator[tuple[StoryStep, ...]]:
    """The steps with each `or` decided in each way, as many as are kept."""
    ways = product(*(step.ways if isinstance(step, AnyOf) else (step,) for step in steps))
    yield from islice(ways, MOST_PATHS)


def paths_of(stories: Sequence[Story]) -> list[Path]:
    """All paths, as many as are kept; a checkpoint is passed once in a path."""
    return list(islice(_paths(stories), MOST_PATHS))


def _paths(stories: Sequence[Story]) -> Iterator[Path]:
    begins: dict[str | None, list[tuple[Story, Checkpoint | None, tuple[StoryStep, ...]]]] = defaultdict(list)
    for story in stories:
        for opening, steps in _pieces(story):
            begins[opening.name if opening is not None else None].append((story, opening, steps))
    waiting = [(story, steps, frozenset[str]()) for story, _, steps in reversed(begins[None])]
    while waiting:
        story, steps, passed = waiting.pop()
        last = steps[-1] if steps else None
        if not isinstance(last, Checkpoint):
            for way in ways_through(steps):
                yield Path(story, way)
            continue
        following = begins.get(last.name, []) if last.name not in passed else []
        if not following:
            for way in ways_through(steps[:-1]):
                yield Path(story, way)
        for other, opening, more in reversed(following):
            marks = (SlotsSet(opening.slots),) if opening is not None and opening.slots else ()
            waiting.append((other, (*steps[:-1], *marks, *more), passed | {last.name}))


def _pieces(story: Story) -> Iterator[tuple[Checkpoint | None, tuple[StoryStep, ...]]]:
    """A story cut at its checkpoints: each piece with the one that it begins at."""
    opening: Checkpoint | None = None
    piece: list[StoryStep] = []
    for index, step in enumerate(story.steps):
        if not isinstance(step, Checkpoint):
            piece.append(step)
        elif index == 0:
            opening = step
        else:
            yield opening, (*piece, step)
            opening, piece = step, []
    if piece:
        yield opening, tuple(piece)


def unreached(stories: Sequence[Story]) -> Iterator[tuple[Story, str]]:
    """Stories that begin at a checkpoint to which no story leads."""
    leads = {step.name for story in stories for step in story.steps[1:] if isinstance(step, Checkpoint)}
    for story in stories:
        first = story.steps[0] if story.steps else None
        if isinstance(first, Checkpoint) and first.name not in leads:
            yield story, first.name


def choices(path: Path, track: Track, features: Features) -> Iterator[tuple[tuple[State, ...], str]]:
    """Each action of a path with the states up to its choice; `track` is new, and is led along."""
    track.did(LISTEN)
    spoke = False
    for step in path.steps:
        if isinstance(step, Heard | Done):
            chosen = step.action if isinstance(step, Done) else LISTEN if spoke else None
            if chosen is not None:
                yield (*track.states, track.now), chosen
                track.did(chosen)
            spoke = isinstance(step, Done)
        lead(track, step, features)
    if spoke:
        yield (*track.states, track.now), LISTEN


def lead(track: Track, step: StoryStep, features: Features) -> None:
    """Takes in what a step tells, but for the bot's actions."""
    match step:
        case Heard():
            track.heard(step.intent, features.mentioned(step.intent, step.mentions))
            for mention in step.mentions:
                for name, feature in features.filled_by(step.intent, mention):
                    track.set_slot(name, feature)
        case SlotsSet():
            for mark in step.slots:
                seen = features.of_mark(mark)
                track.set_slot(mark.name, None if seen == ANYTHING else seen)
        case InLoop():
            track.in_loop(step.loop)
        case _:
            pass
