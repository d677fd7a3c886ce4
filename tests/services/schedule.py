"""Which worker runs which test file when: whole files, the longest first, and a room's files where the room is open.

A file's tests share what its fixtures start, so that all of them run on one worker. The files of a room share more than
that, a started studio, say: another worker opens the room once more only where one alone would be the last to end.

The seconds below order the work and prove nothing; a wrong one costs time alone. Files that are not named are short,
and come in the random order in which they were found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has no types

SECONDS = {
    "tests/deploy/test_images.py": 600,
    "tests/database/test_other_server.py": 500,
    "tests/kills/test_storm.py": 480,
    "tests/modelservice/kubernetes/test_rasa.py": 300,
    "tests/kills/test_kills.py": 220,
    "tests/modelservice/test_executors.py": 210,
    "tests/modelservice/kubernetes/test_service.py": 290,
    "tests/modelservice/kubernetes/test_controllers.py": 200,
    "tests/web/test_every_control.py": 170,
    "tests/rights/test_matrix.py": 165,
    "tests/modelservice/engines/test_conformance.py": 160,
    "tests/web/test_accessibility.py": 160,
    "tests/modelservice/kubernetes/test_ends.py": 150,
    "tests/modelservice/kubernetes/test_kills.py": 150,
    "tests/up/test_up.py": 115,
    "tests/web/test_states.py": 115,
    "tests/modelservice/engines/test_rasa_code.py": 110,
    "tests/modelservice/kubernetes/test_in_cluster.py": 260,
    "tests/cli/test_backup.py": 95,
    "tests/kills/test_ends.py": 70,
    "tests/modelservice/test_switching.py": 70,
    "tests/modelservice/test_running.py": 65,
    "tests/web/test_offline.py": 65,
    "tests/web/test_talking.py": 65,
    "tests/cli/test_doctor.py": 60,
    "tests/database/test_embedded.py": 60,
    "tests/database/test_outage.py": 60,
    "tests/modelservice/kubernetes/test_faults.py": 60,
    "tests/modelservice/kubernetes/test_service_faults.py": 110,
    "tests/modelservice/test_training.py": 50,
    "tests/web/test_room.py": 50,
    "tests/backend/events/test_restart.py": 40,
    "tests/modelservice/kubernetes/test_cluster.py": 40,
    "tests/modelservice/kubernetes/test_played.py": 40,
    "tests/backend/content/test_model.py": 35,
    "tests/backend/test_schema.py": 35,
    "tests/backend/users/test_users.py": 35,
    "tests/engine/brokers/test_kafka.py": 35,
    "tests/engine/test_bad_projects.py": 35,
    "tests/engine/test_process.py": 35,
    "tests/modelservice/test_writers.py": 35,
    "tests/web/test_canvas_tools.py": 35,
    "tests/web/test_keyboard.py": 35,
    "tests/assistant/project/test_hostile.py": 30,
    "tests/database/test_trouble.py": 30,
    "tests/identity/test_door.py": 30,
    "tests/web/test_editing.py": 30,
    "tests/backend/content/test_hostile_imports.py": 25,
    "tests/backend/events/test_stream.py": 25,
    "tests/engine/test_channels.py": 25,
    "tests/identity/test_sign_ins.py": 25,
    "tests/modelservice/test_object_storage.py": 25,
    "tests/modelservice/test_old_consumer.py": 25,
    "tests/modelservice/test_publication.py": 25,
    "tests/web/test_canvas.py": 25,
    "tests/web/test_frame.py": 25,
    "tests/web/test_live.py": 25,
    "tests/web/test_new_model.py": 25,
    "tests/backend/content/test_changes.py": 20,
    "tests/backend/content/test_interchange.py": 20,
    "tests/backend/test_audit.py": 20,
    "tests/backend/test_growing_lists.py": 20,
    "tests/dialogue/test_any_commands.py": 20,
    "tests/engine/e2e/test_playing.py": 20,
    "tests/engine/llm/test_asking.py": 20,
    "tests/identity/test_pages.py": 20,
    "tests/identity/test_provider.py": 20,
    "tests/modelservice/test_faults.py": 20,
    "tests/storage/test_objects.py": 20,
    "tests/test_outside_project.py": 20,
    "tests/upgrades/test_upgrades.py": 20,
    "tests/web/test_bot_messages.py": 20,
    "tests/web/test_commands.py": 20,
    "tests/web/test_two_versions.py": 20,
    "tests/backend/content/test_hostile_changes.py": 15,
    "tests/backend/content/test_reading.py": 15,
    "tests/cli/test_secrets.py": 15,
    "tests/cli/test_users.py": 15,
    "tests/engine/brokers/test_running_bots.py": 15,
    "tests/engine/stores/test_reminders_over_restarts.py": 15,
    "tests/engine/test_any_message.py": 15,
    "tests/engine/test_bad_input.py": 15,
    "tests/engine/test_model_sources.py": 15,
    "tests/modelservice/test_interleavings.py": 15,
    "tests/modelservice/test_metrics.py": 15,
    "tests/modelservice/test_replicas.py": 15,
    "tests/modelservice/test_roll_out.py": 15,
    "tests/test_projects_of_the_docs.py": 15,
    "tests/web/test_language_model.py": 15,
    "tests/web/test_long_names.py": 15,
}
ROOMS = {"tests/web/": 30}
"""Folders whose files share what a worker starts before the first of them, with the seconds that it takes."""
OWN_HOUSES = ("tests/web/test_every_control.py",)
"""Files that share nothing with the others of their room."""
LONG = 40
"""Seconds of a test that others shall not wait for."""
SHORT = 0.1
"""Seconds of a test in a file that is not named."""


def room_of(file: str) -> str:
    """The room that a file is part of; empty where it is part of none."""
    return "" if file in OWN_HOUSES else next((room for room in ROOMS if file.startswith(room)), "")


def next_file(
    waiting: Mapping[str, float], here: str, open_rooms: Iterable[str], workers: int, *, will_wait: bool = False
) -> str | None:
    """The file that a worker takes next, or None where it would only lengthen the run by taking one.

    Args:
        waiting: The files that nobody has taken, with their seconds.
        here: The room that the worker has open, empty for none.
        open_rooms: The rooms that the other workers have open, one for each of them.
        workers: How many there are.
        will_wait: Whether it only begins when a long test of this worker has ended: then the shortest is taken.
    """
    left = Counter[str]()
    for file, seconds in waiting.items():
        left[room_of(file)] += seconds  # type: ignore[assignment]  # a Counter of seconds
    others, share = Counter(open_rooms), left.total() / workers

    def is_wanted(room: str) -> bool:
        return not others[room] or left[room] / others[room] > share + ROOMS[room]

    wanted = (room for room, _ in left.most_common() if room and is_wanted(room))
    chosen = here if here and here in left else next(wanted, "")
    if chosen not in left:
        return None
    files = [file for file in waiting if room_of(file) == chosen]
    choose = min if will_wait else max
    return choose(files, key=lambda file: waiting[file] if file in SECONDS else 0)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # as above
    """Hands the work out by files; xdist's own groups need marks that never reach it with this pytest."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0]

    def _choose(self, node: Any) -> str | None:
        rooms = {each: self._room(each) for each in self.nodes if self._pending_of(self.assigned_work[each])}
        rooms.pop(node, None)
        waiting = {file: SECONDS.get(file, SHORT * len(tests)) for file, tests in self.workqueue.items()}
        return next_file(
            waiting, self._room(node), rooms.values(), len(self.nodes), will_wait=self._has_one_long_test(node)
        )

    def _room(self, node: Any) -> str:
        files = list(self.assigned_work[node])
        return room_of(files[-1]) if files else ""

    def _has_one_long_test(self, node: Any) -> bool:
        """Whether the worker's file is a single test that takes long: what comes after it must be known already."""
        files = list(self.assigned_work[node])
        return bool(files) and len(self.assigned_work[node][files[-1]]) == 1 and SECONDS.get(files[-1], 0) >= LONG

    def _assign_work_unit(self, node: Any) -> None:
        if (file := self._choose(node)) is not None:
            self.workqueue.move_to_end(file, last=False)
        super()._assign_work_unit(node)

    def _reschedule(self, node: Any) -> None:
        # A worker begins a test when it knows the next one: it needs two, and gets no more of them ahead.
        if not node.shutting_down and self._pending_of(self.assigned_work[node]) <= 1:
            if self.workqueue and self._choose(node) is not None:
                self._assign_work_unit(node)
            else:
                node.shutdown()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """The schedule of a run with several workers."""
    return ByFile(config, log)
