"""What the orchestrators decide, as pure functions over a moment's rows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from talkwright.database.work import OpenWork
from talkwright.database.workers import Place
from talkwright.modelservice.decisions import Activate, Assign, HandOver, Move, Stop
from talkwright.modelservice.running.orchestrator import IN_PLACE, RunningPolicy
from talkwright.modelservice.training.orchestrator import TrainingPolicy

ASSISTANT = uuid4()
W1, W2 = Place(worker=uuid4()), Place(worker=uuid4())


def work(sequence: int, state: str, **values: Any) -> OpenWork:
    base: dict[str, Any] = {
        "id": uuid4(), "assistant": ASSISTANT, "environment": "try", "sequence": sequence,
        "state": state, "number": 0, "cancel": False, "wait": 0.0, "waited": 0.0,
        "attempt": None if state == "queued" else uuid4(), "attempt_state": None if state == "queued" else "running",
        "place": sequence + 1 if state == "queued" else 0,
    }  # fmt: skip
    return OpenWork(**{**base, **values})


def train(works: list[OpenWork], free: list[Place]) -> list[Any]:
    return list(TrainingPolicy().decide(works, free).decisions)


def run(works: list[OpenWork], free: list[Place], replace_after: float = 10.0) -> list[Any]:
    return list(RunningPolicy(replace_after).decide(works, free).decisions)


def test_as_many_trainings_start_as_consumers_are_free_in_order() -> None:
    works = [work(n, "queued") for n in range(4)]
    assert [(one.work.sequence, one.worker) for one in train(works, [W1, W2])] == [(0, W1.worker), (1, W2.worker)]


def test_the_place_in_the_queue_decides_not_the_arrival() -> None:
    works = [work(0, "queued", place=3), work(1, "queued", place=1), work(2, "queued", place=2)]
    assert [one.work.sequence for one in train(works, [W1, W2])] == [1, 2]


def test_a_training_that_pauses_lets_the_next_pass_and_is_looked_at_again() -> None:
    works = [work(0, "queued", wait=2.5), work(1, "queued")]
    plan = TrainingPolicy().decide(works, [W1])
    assert [one.work.sequence for one in plan.decisions if isinstance(one, Assign)] == [1]
    assert plan.look_again == 2.5


def test_a_queued_training_that_is_stopped_is_cancelled_without_a_consumer() -> None:
    (decision,) = train([work(0, "queued", cancel=True)], [W1])
    assert isinstance(decision, Move)
    assert decision.step.target == "cancelled"


def test_a_running_training_is_asked_to_stop_once() -> None:
    assert isinstance(train([work(0, "running", cancel=True)], [])[0], Stop)
    assert train([work(0, "running", cancel=True, stopping=True)], []) == []


def test_a_lost_consumer_sends_the_training_back_into_the_queue() -> None:
    (decision,) = train([work(0, "running", lost=True)], [])
    assert decision.lost
    assert decision.step.target == "queued"


def test_an_outcome_ends_the_training_without_taking_over_its_lease() -> None:
    (decision,) = train([work(0, "running", outcome="content", attempt_reason="2 problems")], [])
    assert not decision.lost
    assert (decision.step.target, decision.step.why) == ("failed", "2 problems")


def test_a_deployment_that_answers_takes_over_and_the_old_one_is_retired_in_the_same_step() -> None:
    old = work(0, "running", active=True, attempt_state="ready")
    new = work(1, "starting", attempt_state="ready")
    (decision,) = run([old, new], [])
    assert isinstance(decision, Activate)
    assert decision.work == new
    assert isinstance(decision.retire, Stop)
    assert decision.retire.work == old


def test_an_older_deployment_that_comes_late_does_not_take_over() -> None:
    newer = work(5, "running", active=True, attempt_state="ready")
    older = work(4, "starting", attempt_state="ready")
    (decision,) = run([older, newer], [])
    assert isinstance(decision, Stop)
    assert decision.work == older


def test_only_the_newest_waiting_version_is_started() -> None:
    first, second = work(0, "queued"), work(1, "queued")
    decisions = run([first, second], [W1])
    assert [(type(one), one.work.sequence) for one in decisions] == [(Move, 0), (Assign, 1)]


def test_a_waiting_version_is_not_dropped_for_a_newer_one_that_was_called_off() -> None:
    first, second, third = work(0, "queued"), work(1, "queued", cancel=True), work(2, "running", cancel=True)
    decisions = run([first, second, third], [W1])
    assert [(type(one), one.work.sequence) for one in decisions] == [(Assign, 0), (Move, 1), (Stop, 2)]


def test_a_crashed_assistant_that_has_the_talk_is_not_dropped_for_one_that_waits() -> None:
    active, newer = work(0, "queued", active=True), work(1, "queued")
    decisions = run([active, newer], [W1, W2])
    assert [(type(one), one.work.sequence) for one in decisions] == [(Assign, 0), (Assign, 1)]


def test_a_crashed_assistant_is_not_started_again_where_a_newer_version_answers_already() -> None:
    old = work(1, "queued", active=True)
    new = work(2, "starting", attempt_state="ready")
    (taken_over,) = run([old, new], [W1])
    assert isinstance(taken_over, Activate)
    assert isinstance(taken_over.retire, Move)
    assert (taken_over.retire.work, taken_over.retire.step.target) == (old, "stopped")


def test_without_a_free_consumer_the_old_model_makes_room_once_nobody_talks_to_it() -> None:
    old = work(0, "running", active=True, attempt_state="ready", idle=99.0)
    plan = RunningPolicy(10.0).decide([old, work(1, "queued", waited=3.0)], [])
    assert (plan.decisions, plan.look_again) == ((), 7.0)
    busy = RunningPolicy(10.0).decide([replace(old, idle=4.0), work(1, "queued", waited=3600.0)], [])
    assert (busy.decisions, busy.look_again) == ((), 6.0)
    (decision,) = run([old, work(1, "queued", waited=11.0)], [])
    assert isinstance(decision, Stop)
    assert (decision.work, decision.sleeps) == (old, True)
    assert decision.step is not None
    assert decision.step.target == "stopping"


SLEPT = datetime(2026, 1, 1, tzinfo=UTC)


SINCE = {"number": 1, "tried_at": SLEPT + timedelta(seconds=1)}


def gave_way(state: str = "stopped", **values: Any) -> OpenWork:
    """An old model that sleeps while a newer one is to run in its place."""
    base = {"asleep": True, "slept_at": SLEPT, "made_room": True, "stopping": True, "outcome": "stopped"}
    return work(0, state, **{**base, **values})


@pytest.mark.parametrize(
    ("newer", "wakes"),
    [
        ({"state": "queued"}, False),
        ({"state": "queued", "tried_at": SLEPT - timedelta(seconds=9), "outcome": "lost_job", "wait": 1.0}, False),
        ({"state": "starting", **SINCE}, False),
        ({"state": "starting", **SINCE, "outcome": "lost_job"}, True),
        ({"state": "starting", **SINCE, "outcome": "content"}, True),
        ({"state": "queued", **SINCE, "outcome": "lost_job", "wait": 1.0}, True),
        ({"state": "queued", **SINCE, "outcome": "lost_consumer"}, False),
        ({"state": "starting", **SINCE, "outcome": "released"}, False),
        ({"state": "starting", **SINCE, "lost": True}, False),
        ({"state": "starting", **SINCE, "cancel": True}, False),  # it still has the place
        ({"state": "stopping", **SINCE, "cancel": True, "stopping": True, "outcome": "stopped"}, True),
        ({"state": "queued", "cancel": True}, True),
        (None, True),
    ],
)
def test_who_made_room_comes_back_as_soon_as_a_try_of_the_newer_one_has_failed(
    newer: dict[str, Any] | None, wakes: bool
) -> None:
    old = gave_way()
    decisions = run([old] if newer is None else [old, work(1, **newer)], [])
    assert [one.step.target for one in decisions if one.work == old] == (["queued"] if wakes else [])


def test_the_place_goes_to_whom_it_was_made_for() -> None:
    another, old, new = work(-1, "queued", assistant=uuid4()), gave_way("stopping"), work(1, "queued")
    decisions = run([another, old, new], [W1])
    assert [one.work for one in decisions if isinstance(one, Assign)] == [new]
    (ends,) = [one for one in decisions if isinstance(one, Move)]
    assert (ends.work, ends.step.why) == (old, IN_PLACE)


@pytest.mark.parametrize(
    "newer",
    [
        {"state": "starting", **SINCE, "outcome": "lost_job"},
        {"state": "starting", **SINCE, "outcome": "content"},
        {"state": "stopping", **SINCE, "cancel": True, "stopping": True, "outcome": "stopped"},
    ],
)
def test_the_place_that_the_newer_one_leaves_goes_back_to_whom_it_was_made_by(newer: dict[str, Any]) -> None:
    another, old = work(-1, "queued", assistant=uuid4(), waited=99.0), gave_way()
    woken, started = [one for one in run([another, old, work(1, **newer)], [W1]) if one.work.id == old.id]
    assert (woken.step.sources, woken.step.target) == ({"stopped"}, "queued")
    assert (started.worker, started.work.state, started.work.active) == (W1.worker, "queued", True)


def test_the_place_is_kept_for_an_old_model_that_has_not_ended_yet_as_the_newer_one_is_called_off() -> None:
    another, called_off = work(-1, "queued", assistant=uuid4()), work(1, "queued", cancel=True)
    decisions = run([another, gave_way("stopping"), called_off], [W1])
    assert [one for one in decisions if isinstance(one, Assign)] == []
    drains = gave_way("stopping", outcome=None)
    (assigned,) = [one for one in run([another, drains, called_off], [W1]) if isinstance(one, Assign)]
    assert assigned.work == another  # another consumer's place


def test_nobody_makes_room_for_an_old_model_while_the_newer_one_has_a_place() -> None:
    old, stranger = work(0, "queued", active=True, waited=99.0), idle(-1, 900.0)
    assert run([stranger, old, work(1, "starting")], []) == []
    assert [one.work for one in run([stranger, old, work(1, "queued", wait=1.0)], [])] == [stranger]


def test_nobody_makes_room_where_the_engine_of_what_waits_could_not_run() -> None:
    old = work(0, "running", active=True, attempt_state="ready", idle=99.0)
    waiting = work(1, "queued", waited=99.0, engine="rasa")
    assert run([old, idle(-1, 900.0), waiting], []) == []
    able = replace(old, able=("rasa", "talkwright"))
    assert [one.work for one in run([able, waiting], [])] == [able]


def test_another_assistants_model_is_never_stopped_to_make_room() -> None:
    other = work(0, "running", active=True, assistant=uuid4(), attempt_state="ready")
    assert run([other, work(1, "queued", waited=99.0)], []) == []


def test_a_running_assistant_whose_consumer_is_lost_is_queued_again() -> None:
    (decision,) = run([work(0, "running", active=True, lost=True)], [])
    assert (decision.lost, decision.step.target) == (True, "queued")


def test_a_stopped_one_ends_when_its_attempt_has_ended() -> None:
    (decision,) = run([work(0, "stopping", outcome="stopped")], [])
    assert decision.step.target == "stopped"


HERE = Place(worker=uuid4(), site="here")


def going_on(**values: Any) -> OpenWork:
    """A running model whose consumer is gone and whose job lives on."""
    base = {"active": True, "attempt_state": "ready", "lost": True, "site": "here", "held_for": -1.0}
    return work(0, "running", **{**base, **values})


def test_a_running_model_without_consumer_goes_on_with_another_of_the_same_place() -> None:
    model = going_on()
    plan = RunningPolicy(10.0, 20.0).decide([model], [W1, HERE])
    assert plan.decisions == (HandOver(model, HERE.worker),)


def test_what_goes_on_is_served_before_what_waits() -> None:
    waiting = work(-1, "queued", assistant=uuid4())
    plan = RunningPolicy(10.0, 20.0).decide([waiting, going_on()], [HERE])
    assert [type(one) for one in plan.decisions] == [HandOver]


def test_it_waits_for_such_a_consumer_for_a_while_and_is_then_started_anew() -> None:
    plan = RunningPolicy(10.0, 20.0).decide([going_on()], [W1])
    assert (plan.decisions, plan.look_again) == ((), 19.0)
    (decision,) = RunningPolicy(10.0, 20.0).decide([going_on(held_for=-20.0)], []).decisions
    assert isinstance(decision, Move)
    assert (decision.lost, decision.step.target) == (True, "queued")


def test_a_consumer_of_the_release_before_is_handed_nothing_that_runs() -> None:
    old = Place(worker=uuid4(), site="here", protocol=1)
    plan = RunningPolicy(10.0, 20.0).decide([going_on()], [old])
    assert plan.decisions == ()


def test_a_job_that_ends_with_its_consumer_is_not_waited_for() -> None:
    (decision,) = RunningPolicy(10.0, 20.0).decide([going_on(site=None)], [HERE]).decisions
    assert isinstance(decision, Move)


def test_a_thousand_deployments_that_wait_are_decided_about_in_one_pass() -> None:
    looks = 0

    class Assistant:
        """Counts how often somebody asks whose a deployment is."""

        def __eq__(self, other: object) -> bool:
            nonlocal looks
            looks += 1
            return self is other

        def __hash__(self) -> int:
            nonlocal looks
            looks += 1
            return 1

    one = Assistant()
    assert len(run([work(number, "queued", assistant=one) for number in range(1000)], [])) == 999
    assert looks < 20_000


def test_a_training_without_consumer_goes_on_too_even_if_it_is_to_stop() -> None:
    policy, lost = TrainingPolicy(20.0), {"lost": True, "site": "here", "held_for": -1.0}
    training = work(0, "running", **lost)
    assert policy.decide([training], [HERE]).decisions == (HandOver(training, HERE.worker),)
    called_off = work(0, "running", cancel=True, **lost)
    assert policy.decide([called_off], [HERE]).decisions == (HandOver(called_off, HERE.worker),)
    assert policy.decide([called_off], []).look_again == pytest.approx(19.0)
    (decision,) = policy.decide([replace(called_off, held_for=-20.0)], []).decisions
    assert isinstance(decision, Move)
    assert decision.step.target == "cancelled"


def idle(sequence: int, seconds: float, **values: Any) -> OpenWork:
    """An assistant that nobody talked to for so long."""
    base = {"active": True, "assistant": uuid4(), "attempt_state": "ready", "idle": seconds}
    return work(sequence, **{"state": "running", **base, **values})


def test_whoever_is_idle_for_the_longest_time_gives_way_one_for_each_that_waits() -> None:
    bots = [idle(0, 400.0), idle(1, 900.0), idle(2, 299.0), idle(3, 500.0)]
    waiting = [work(n, "queued", assistant=uuid4(), waited=11.0) for n in (4, 5)]
    decisions = run([*bots, *waiting], [])
    assert [(one.work.sequence, one.sleeps, one.step.target) for one in decisions] == [
        (1, True, "stopping"),
        (3, True, "stopping"),
    ]
    on_its_way = idle(1, 900.0, state="stopping", active=False, stopping=True)
    decisions = run([bots[0], on_its_way, *bots[2:], *waiting], [])
    assert [one.work.sequence for one in decisions] == [3]


def test_nobody_gives_way_before_the_time_or_while_a_consumer_may_still_come() -> None:
    plan = RunningPolicy(10.0).decide([idle(0, 290.0), work(1, "queued", assistant=uuid4(), waited=11.0)], [])
    assert (plan.decisions, plan.look_again) == ((), 10.0)
    plan = RunningPolicy(10.0).decide([idle(0, 900.0), work(1, "queued", assistant=uuid4(), waited=4.0)], [])
    assert (plan.decisions, plan.look_again) == ((), 6.0)


def test_an_idle_assistant_gives_way_before_the_old_model_of_the_one_that_waits() -> None:
    old, new = work(1, "running", active=True, attempt_state="ready"), work(2, "queued", waited=11.0)
    (decision,) = run([idle(0, 900.0), old, new], [])
    assert (decision.work.sequence, decision.sleeps) == (0, True)


def test_assistants_fall_asleep_after_the_time_that_the_operator_set_alone() -> None:
    bots = [idle(0, 3600.0), idle(1, 100.0), idle(2, 3600.0, cancel=True)]
    assert [type(one) for one in run(bots, [])] == [Stop]
    plan = RunningPolicy(10.0, idle_stop_seconds=600.0).decide(bots, [])
    assert [(one.work.sequence, one.sleeps) for one in plan.decisions if isinstance(one, Stop)] == [
        (2, False),
        (0, True),
    ]
    assert plan.look_again == 500.0


def test_who_sleeps_is_woken_unless_something_newer_is_on_its_way() -> None:
    sleeper = work(0, "stopped", asleep=True, outcome="stopped")
    (decision,) = run([sleeper], [])
    assert (decision.step.target, RunningPolicy(1).values(sleeper, decision.step)["active"]) == ("queued", True)
    assert [one.work.sequence for one in run([sleeper, work(1, "queued")], [W1])] == [1]
    assert run([sleeper, idle(1, 0.0, assistant=sleeper.assistant)], []) == []


def test_work_goes_only_to_consumers_that_have_its_engine_and_blocks_no_other() -> None:
    both = Place(worker=uuid4(), engines=("talkwright", "rasa"))
    other, own = work(0, "queued", engine="rasa"), work(1, "queued")
    assert [(one.work.sequence, one.worker) for one in train([other, own], [W1])] == [(1, W1.worker)]
    assert [(one.work.sequence, one.worker) for one in train([other, own], [W1, both])] == [
        (0, both.worker),
        (1, W1.worker),
    ]
    elsewhere = work(1, "queued", assistant=uuid4())
    assert [(one.work.sequence, one.worker) for one in run([other, elsewhere], [W1])] == [(1, W1.worker)]
    assert [one.worker for one in run([other], [W1, both])] == [both.worker]
