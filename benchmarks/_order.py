"""Whether a queue was served by its rule: told by the starts and ends that the leader wrote, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping


def out_of_order(queue: Mapping[Hashable, Hashable], moves: Iterable[tuple[Hashable, str]]) -> int:
    """How many trainings began although the rule wanted another one.

    `queue` holds trainings with their assistants in the order of their arrival, which all came before the first start;
    `moves` names a training and its new state. The rule: of the assistant with the fewest running, among those of the
    one served longest ago, its oldest. Raises ValueError where a training begins a second time.
    """
    waiting: dict[Hashable, list[Hashable]] = {}
    for training, assistant in queue.items():
        waiting.setdefault(assistant, []).append(training)
    arrival = {training: place for place, training in enumerate(queue)}
    running: Counter[Hashable] = Counter()
    served: dict[Hashable, int] = {}

    def rank(assistant: Hashable) -> tuple[int, int, int]:
        return running[assistant], served.get(assistant, -1), arrival[waiting[assistant][0]]

    wrong = 0
    for moment, (training, state) in enumerate(moves):
        assistant = queue[training]
        if state != "running":
            running[assistant] -= 1
            continue
        wanted = waiting[min((one for one, own in waiting.items() if own), key=rank)][0]
        wrong += training != wanted
        waiting[assistant].remove(training)
        running[assistant] += 1
        served[assistant] = moment
    return wrong
