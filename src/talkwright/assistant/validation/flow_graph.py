"""Steps as a graph: ids, targets, branches, ends, reachability and loops (dialogue-semantics 1.3, 1.4, 1.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from talkwright.assistant.flows import END, START, ActionStep, CallStep, CollectStep, Flow, LinkStep, Step
from talkwright.assistant.parsing.shape import closest
from talkwright.assistant.pointers import pointed_at, pointer_join
from talkwright.assistant.validation.check import Check, Place, add, remove, replace

RESERVED_PREFIX = "NEXT:"  # how a frame notes “go on at this step”; a step's own id must not look like it


def check_graph(check: Check, flow: Flow, places: Sequence[Place]) -> None:
    """Checks the shape that the steps of a flow make together."""
    _check_ids(check, places)
    ids = {step_id for _, _, step_id in places}
    for path, step, step_id in places:
        check.findings.step = step_id
        _check_next(check, path, step, step_id)
        for target_path, target in _targets(path, step):
            _check_target(check, target, target_path, ids, step_id)
    check.findings.step = None
    _check_reach(check, flow)
    _check_loops(check, flow)


def _check_ids(check: Check, places: Sequence[Place]) -> None:
    counts = Counter(step_id for _, _, step_id in places)
    for path, step, step_id in places:
        check.findings.step = step_id
        written = step.get("id")
        at = pointer_join(path, "id") if "id" in step else path
        if written is not None and (not isinstance(written, str) or not written):
            check.findings.error("step-id", at, "The `id` of a step must be a text.", remove(at))
        elif step_id in (START, END) or step_id.startswith(RESERVED_PREFIX):
            check.findings.error(
                "reserved-step-id", at, f"`{step_id}` is a reserved word and can't be a step's id. Choose another."
            )
        elif counts[step_id] > 1 and "id" in step:
            check.findings.error(
                "duplicate-step-id",
                at,
                f"{counts[step_id]} steps of this flow have the id `{step_id}`; a jump to it would be a guess. Give"
                f" each"
                " its own id.",
            )


def _check_next(check: Check, path: str, step: Mapping[str, Any], step_id: str) -> None:
    following = step.get("next")
    at = pointer_join(path, "next")
    if "link" in step:
        if "next" in step:
            check.findings.error(
                "link-with-next",
                at,
                f"Step “{step_id}” is a link, which ends the flow, so it can't have `next`.",
                remove(at),
            )
        return
    if isinstance(following, list):
        _check_branches(check, following, at, step_id)
    elif following is None and "noop" in step:
        check.findings.error(
            "noop-without-next",
            path,
            f"Step “{step_id}” does nothing and leads nowhere: a `noop` needs `next`.",
            add(at, END),
        )
    elif following is None and _is_last_of_branch(check.body, path):
        check.findings.error(
            "branch-end-without-next",
            path,
            f"Step “{step_id}” is the last of its branch and must say where to go on: add `next: END` or `next` with a"
            " step's id.",
            add(at, END),
        )


def _is_last_of_branch(body: Any, path: str) -> bool:
    head, _, index = path.rpartition("/")
    if head == "/steps":
        return False
    return int(index) == len(pointed_at(body, head)) - 1


def _check_branches(check: Check, branches: list[Any], at: str, step_id: str) -> None:
    if not branches:
        check.findings.error(
            "empty-branches",
            at,
            f"`next` of step “{step_id}” is an empty list. Write a step's id or `END`.",
            replace(at, END),
        )
        return
    maps = [branch for branch in branches if isinstance(branch, Mapping)]
    elses = [
        index
        for index, branch in enumerate(branches)
        if isinstance(branch, Mapping) and "if" not in branch and "else" in branch
    ]
    if any("if" in branch for branch in maps) and not elses:
        check.findings.error(
            "if-without-else",
            at,
            f"The branches of step “{step_id}” have no `else`: the flow would be stuck where no condition is true. Add"
            " `- else: END` or another way.",
            add(pointer_join(at, "-"), {"else": END}),
        )
    if len(elses) > 1:
        check.findings.error(
            "two-elses",
            pointer_join(at, elses[1]),
            f"The branches of step “{step_id}” have more than one `else`. Keep one.",
        )
    elif elses and elses[0] != len(branches) - 1:
        check.findings.warning(
            "else-not-last",
            pointer_join(at, elses[0]),
            f"`else` of step “{step_id}” is not its last branch; it is still tried last.",
        )


def _targets(path: str, step: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where a step says to go on, by id, with the pointer of the text."""
    if "link" in step:
        return
    following = step.get("next")
    at = pointer_join(path, "next")
    if isinstance(following, str):
        yield at, following
    for index, branch in enumerate(following if isinstance(following, list) else ()):
        if not isinstance(branch, Mapping):
            continue
        for key in ("then", "else"):
            if isinstance(branch.get(key), str):
                yield pointer_join(at, index, key), branch[key]


def _check_target(check: Check, target: str, path: str, ids: set[str], step_id: str) -> None:
    if target == END or target in ids:
        return
    if target == START:
        check.findings.error(
            "reserved-step-id",
            path,
            f"Step “{step_id}” goes on at `START`, which is no step. Name the first step's id.",
        )
        return
    meant = closest(target, ids | {END})
    advice = f"Did you mean `{meant}`?" if meant else "Name a step of this flow or `END`."
    fix = replace(path, meant) if meant else ()
    check.findings.error(
        "unknown-step",
        path,
        f"Step “{step_id}” goes on at `{target}`, but this flow has no step with that id. {advice}",
        fix,
    )


def _check_reach(check: Check, flow: Flow) -> None:
    """Notes steps that no way leads to; where a way leads to an unknown step, that is the cause, and told alone."""
    reached: set[str] = set()
    waiting = [flow.steps[0].id]
    while waiting:
        step = flow.by_id.get(waiting.pop())
        if step is not None and step.id not in reached:
            reached.add(step.id)
            targets = [transition.target for transition in step.next]
            if any(target != END and target not in flow.by_id for target in targets):
                return
            waiting += targets
    for step in flow.steps:
        if step.id not in reached:
            check.findings.step = step.id
            check.findings.error(
                "unreachable-step", step.path, f"Step “{step.id}” is never reached: let a step lead to it or delete it."
            )
    check.findings.step = None


def _check_loops(check: Check, flow: Flow) -> None:
    """Warns about a way back without a question on it: it could go round without ever waiting for the user."""
    free = {step.id: step for step in flow.steps if not _waits(step)}
    done: set[str] = set()
    for start in free.values():
        loop = _loop_from(start, free, done)
        if loop is not None:
            check.findings.step = loop.id
            check.findings.warning(
                "loop-without-question",
                loop.path,
                f"From step “{loop.id}” a way leads back to it without a question, so the assistant could go round for"
                " ever; it stops after 250 steps with an error. Put a `collect` into the loop, or clear its slot"
                " there.",
            )
            check.findings.step = None
            return


def _waits(step: Step) -> bool:
    """Whether a step can wait for the user, or leaves it to another flow."""
    return isinstance(step, CollectStep | CallStep | LinkStep) or (
        isinstance(step, ActionStep) and step.action == "action_listen"
    )


def _loop_from(start: Step, free: Mapping[str, Step], done: set[str]) -> Step | None:
    """A step on a cycle that can be reached from `start`; depth first with an explicit stack."""
    path: list[tuple[Step, Iterator[str]]] = []
    active: set[str] = set()

    def enter(step: Step) -> None:
        active.add(step.id)
        path.append((step, iter([transition.target for transition in step.next])))

    if start.id not in done:
        enter(start)
    while path:
        step, targets = path[-1]
        target = next((target for target in targets if target in free and target not in done), None)
        if target is None:
            active.discard(step.id)
            done.add(step.id)
            path.pop()
        elif target in active:
            return free[target]
        else:
            enter(free[target])
    return None
