"""The state machine alone: what may follow what."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwright.database.states import DeploymentState, TrainingState
from talkwright.modelservice.transitions import (
    ALLOWED,
    ATTEMPTS,
    MAX_RETRIES,
    TERMINAL,
    Outcome,
    Step,
    TransitionError,
    WorkKind,
    attempt_sources,
    deployment_after,
    step,
    training_after,
    waking,
)


def after(outcome: Outcome, *, lost: int = 0, cancel: bool = False) -> str:
    return training_after(outcome, lost_jobs=lost, cancel_requested=cancel, reason=None).target


def test_nothing_follows_a_terminal_state_but_a_deployment_that_sleeps_wakes() -> None:
    for kind, table in ALLOWED.items():
        for state, targets in table.items():
            ends = state in TERMINAL
            wakes = (kind, state) == (WorkKind.DEPLOYMENT, DeploymentState.STOPPED)
            assert (not targets) == (ends and not wakes), (kind, state)
    assert (waking("It is needed.").sources, waking("It is needed.").target) == ({"stopped"}, "queued")
    assert "stopped" not in step(WorkKind.DEPLOYMENT, DeploymentState.QUEUED, why="w").sources


def test_a_step_names_every_state_it_may_start_from() -> None:
    assert step(WorkKind.TRAINING, TrainingState.CANCELLED, why="w").sources == {"queued", "running"}
    assert step(WorkKind.DEPLOYMENT, DeploymentState.RUNNING, why="w").sources == {"starting"}


def test_a_state_that_nothing_leads_to_is_refused() -> None:
    with pytest.raises(TransitionError):
        step(WorkKind.DEPLOYMENT, TrainingState.SUCCEEDED, why="w")


def test_a_published_model_wins_over_a_late_stop() -> None:
    assert after(Outcome.SUCCEEDED, cancel=True) == "succeeded"


@pytest.mark.parametrize("outcome", [Outcome.LOST_CONSUMER, Outcome.RELEASED])
def test_a_consumer_that_went_never_uses_up_a_retry(outcome: Outcome) -> None:
    assert after(outcome, lost=99) == "queued"


def test_a_consumer_that_stopped_is_told_from_one_that_was_lost() -> None:
    def words(outcome: Outcome) -> str:
        return deployment_after(outcome, state="running", lost_jobs=0, cancel_requested=False, reason=None).why

    assert words(Outcome.RELEASED) == "The consumer stopped; the assistant starts again."
    assert words(Outcome.LOST_CONSUMER) == "The consumer was lost; the assistant starts again."


def test_a_lost_job_is_tried_again_three_times_with_growing_pauses() -> None:
    steps = [
        training_after(Outcome.LOST_JOB, lost_jobs=n, cancel_requested=False, reason="killed") for n in (1, 2, 3, 4)
    ]
    assert [one.target for one in steps] == ["queued", "queued", "queued", "failed"]
    assert timedelta(0) < steps[0].pause < steps[1].pause < steps[2].pause
    assert "killed" in steps[3].why


@pytest.mark.parametrize("reason", ["There is no m.tar.gz.", "There is no m.tar.gz"])
def test_a_reason_within_a_sentence_has_no_full_stop_of_its_own(reason: str) -> None:
    def training(n: int) -> str:
        return training_after(Outcome.LOST_JOB, lost_jobs=n, cancel_requested=False, reason=reason).why

    def start(n: int) -> str:
        lost = Outcome.LOST_JOB
        return deployment_after(lost, state="starting", lost_jobs=n, cancel_requested=False, reason=reason).why

    assert training(1) == "The job was lost (There is no m.tar.gz); the training starts again."
    assert training(4) == "The job was lost 4 times, at last: There is no m.tar.gz."
    assert start(1) == "The assistant did not start (There is no m.tar.gz); it starts again."
    assert start(4) == "The assistant did not start 4 times, at last: There is no m.tar.gz."


def start_after(outcome: Outcome, lost: int) -> Step:
    return deployment_after(outcome, state="starting", lost_jobs=lost, cancel_requested=False, reason="too slow")


def test_a_start_that_failed_is_tried_again_three_times_with_growing_pauses() -> None:
    steps = [start_after(Outcome.LOST_JOB, n) for n in (1, 2, 3, 4)]
    assert [one.target for one in steps] == ["queued", "queued", "queued", "failed"]
    assert timedelta(0) < steps[0].pause < steps[1].pause < steps[2].pause
    assert steps[0].why == "The assistant did not start (too slow); it starts again."
    assert steps[3].why == "The assistant did not start 4 times, at last: too slow."


def test_a_start_that_the_content_broke_is_not_tried_again() -> None:
    assert start_after(Outcome.CONTENT, 0).target == "failed"


def test_an_attempt_goes_only_forward() -> None:
    assert attempt_sources("running") == {"assigned"}
    assert attempt_sources("ended") == {"assigned", "running", "ready"}
    assert not ATTEMPTS["ended"]
    with pytest.raises(TransitionError):
        attempt_sources("queued")


def test_what_the_content_broke_is_never_tried_again() -> None:
    assert after(Outcome.CONTENT) == "failed"


def test_a_stopped_training_is_cancelled_even_when_its_consumer_is_lost() -> None:
    assert after(Outcome.LOST_CONSUMER, cancel=True) == "cancelled"


def test_a_running_assistant_that_vanished_is_started_again() -> None:
    after_loss = deployment_after(Outcome.LOST_JOB, state="running", lost_jobs=1, cancel_requested=False, reason=None)
    assert after_loss.target == "queued"
    assert after_loss.pause == timedelta(0)


def test_a_stopping_assistant_that_vanished_has_stopped() -> None:
    assert (
        deployment_after(
            Outcome.LOST_CONSUMER, state="stopping", lost_jobs=0, cancel_requested=False, reason=None
        ).target
        == "stopped"
    )


@given(st.sampled_from(Outcome), st.integers(0, 10), st.booleans())
def test_every_outcome_of_a_running_training_leads_somewhere_allowed(outcome: Outcome, lost: int, cancel: bool) -> None:
    result = training_after(outcome, lost_jobs=lost, cancel_requested=cancel, reason=None)
    assert result.target in ALLOWED[WorkKind.TRAINING]["running"]
    assert result.why
    assert (result.target == "queued") <= (lost <= MAX_RETRIES or outcome in (Outcome.LOST_CONSUMER, Outcome.RELEASED))


@given(
    st.sampled_from(Outcome), st.sampled_from(["starting", "running", "stopping"]), st.integers(0, 10), st.booleans()
)
def test_every_outcome_of_a_deployment_leads_somewhere_allowed(
    outcome: Outcome, state: str, lost: int, cancel: bool
) -> None:
    result = deployment_after(outcome, state=state, lost_jobs=lost, cancel_requested=cancel, reason=None)
    assert result.target in ALLOWED[WorkKind.DEPLOYMENT][state]
