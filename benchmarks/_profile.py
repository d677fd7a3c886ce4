"""Says where the time goes: of a turn by value and by free text, of a training, and of loading 500 flows.

    .venv/bin/python benchmarks/_profile.py [value|text|training|load ...] [--functions N]

Each runs under Python's own profiler, `cProfile`, which counts CPU; turns in a bot of its own, over HTTP, less what the
same bot needs to start and stop. The profiler makes small functions look dearer than they are: shares count here, times
are told by the benchmarks.
"""

from __future__ import annotations

import argparse
import pstats
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import import_project
from _bot import BY_TEXT, BY_VALUE, Bot, train

ROOT = Path(__file__).parents[1]

CONVERSATIONS = 60
AREAS = (  # the first part of a place that fits names where time is spent
    ("talkwright/engine/understanding", "understanding"),
    ("talkwright/engine/dialogue", "dialogue"),
    ("talkwright/engine/agent", "dialogue"),
    ("talkwright/engine/performing", "dialogue"),
    ("talkwright/engine/generation", "responses"),
    ("talkwright/engine/stores", "keeping the conversation"),
    ("talkwright/engine/brokers", "keeping the conversation"),
    ("talkwright/engine/serving", "HTTP of ours"),
    ("talkwright/engine/channels", "HTTP of ours"),
    ("talkwright/engine/search", "search"),
    ("talkwright/engine", "the rest of the engine"),
    ("talkwright/conversation", "events, tracker, stack"),
    ("talkwright/assistant/validation", "validation"),
    ("talkwright/assistant/references", "validation"),
    ("talkwright/assistant/conditions", "conditions"),
    ("talkwright/assistant/parsing", "typed values"),
    ("talkwright/assistant/build", "typed values"),
    ("talkwright/assistant", "reading files"),
    ("/yaml/", "reading files"),
    ("asyncio/runners", "HTTP of libraries"),
    ("uvicorn", "HTTP of libraries"),
    ("starlette", "HTTP of libraries"),
    ("numpy", "numpy"),
    ("<frozen importlib", "loading Python"),
    ("json/", "JSON"),
    ("msgspec", "JSON"),
    ("tokenizers", "understanding"),
    ("re/", "regular expressions"),
    ("lark", "conditions"),
    ("uvloop", "HTTP of libraries"),
    ("<built-in method builtins.compile>", "loading Python"),
    ("<built-in method builtins.exec>", "loading Python"),
    ("marshal", "loading Python"),
    ("_imp", "loading Python"),
    ("posix.stat", "loading Python"),
    ("io.open_code", "loading Python"),
)

UNDER_PROFILER = """
import cProfile, runpy, sys, time
profile, out = cProfile.Profile(time.process_time), sys.argv.pop(1)
try:
    with profile:
        runpy.run_module("talkwright.engine", run_name="__main__", alter_sys=True)
finally:
    profile.dump_stats(out)
"""
Spent = dict[tuple[str, int, str], float]


def spent_in(file: Path) -> Spent:
    """CPU seconds by function, without what it calls."""
    stats: dict[tuple[str, int, str], tuple[int, int, float, float, object]] = pstats.Stats(str(file)).stats  # type: ignore[attr-defined]  # not in the types, documented by use
    return {place: values[2] for place, values in stats.items()}


def area_of(place: tuple[str, int, str]) -> str:
    """Where a function belongs."""
    file, _, name = place
    return next((area for part, area in AREAS if part in file or part in name), "Python and the system")


def profiled(out: Path, *arguments: str) -> list[str]:
    """A command under the profiler."""
    return [sys.executable, "-c", UNDER_PROFILER, str(out), *arguments]


def of_turns(folder: Path, texts: tuple[str, ...]) -> tuple[Spent, int]:
    """What turns need, and how many there were."""
    model, found = train(folder), []
    for conversations in (0, CONVERSATIONS):
        out = folder / f"{conversations}.profile"
        bot = Bot(model, command=profiled(out, "run", "--model", str(model), "--port", "0"))
        try:
            bot.play("warm", texts, 3)
            bot.play("measured", texts, conversations)
        finally:
            bot.stop()
        found.append(spent_in(out))
    start, whole = found
    return {place: max(0.0, spent - start.get(place, 0.0)) for place, spent in whole.items()}, CONVERSATIONS * len(
        texts
    )


def of_command(folder: Path, *arguments: str) -> tuple[Spent, int]:
    """What one command needs."""
    out = folder / "command.profile"
    subprocess.run(profiled(out, *arguments), check=True, stdout=subprocess.DEVNULL)
    return spent_in(out), 1


def of_training(folder: Path) -> tuple[Spent, int]:
    """What training the example needs, from the start of its process."""
    project = ROOT / "examples" / "bank"
    return of_command(folder, "train", "--project", str(project), "--out", str(folder / "model.tar.gz"))


def of_load(folder: Path) -> tuple[Spent, int]:
    """What reading and checking 500 flows needs: of a training, that an error ends before it learns."""
    import cProfile  # noqa: PLC0415 - only here in this process

    from talkwright.assistant.build import build_assistant  # noqa: PLC0415 - loaded before the profiler begins
    from talkwright.assistant.project import read_contents  # noqa: PLC0415 - as above
    from talkwright.assistant.validation import check_assistant  # noqa: PLC0415 - as above
    from talkwright.engine.training import items_for_running  # noqa: PLC0415 - as above

    files, profile = import_project.project(500, steps=5, examples=0), cProfile.Profile(time.process_time)
    with profile:
        items = items_for_running(read_contents(files))
        build_assistant(items)
        check_assistant(items)
    out = folder / "load.profile"
    profile.dump_stats(str(out))
    return spent_in(out), 1


def tell(name: str, spent: Spent, times: int, functions: int) -> None:
    """Areas with their shares, then the dearest functions."""
    whole = sum(spent.values())
    areas: Counter[str] = Counter()
    for place, seconds in spent.items():
        areas[area_of(place)] += seconds  # type: ignore[assignment]  # a Counter of seconds
    print(f"\n{name}: {whole / times * 1000:.2f} ms under the profiler")
    for area, seconds in areas.most_common():
        if seconds / whole >= 0.005:
            print(f"  {100 * seconds / whole:5.1f} %  {area}")
    for place, seconds in sorted(spent.items(), key=lambda pair: -pair[1])[:functions]:
        print(f"  {100 * seconds / whole:5.1f} %    {Path(place[0]).name}:{place[1]} {place[2]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", choices=["value", "text", "training", "load", []], help="all without any")
    parser.add_argument("--functions", type=int, default=12, help="how many functions are told of each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        for name in options.what or ("value", "text", "training", "load"):
            folder = Path(made) / name
            folder.mkdir()
            spent, times = {
                "value": lambda here: of_turns(here, BY_VALUE),
                "text": lambda here: of_turns(here, BY_TEXT),
                "training": of_training,
                "load": of_load,
            }[name](folder)
            tell(name, spent, times, options.functions)


if __name__ == "__main__":
    main()
