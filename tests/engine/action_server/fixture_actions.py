"""Actions for the tests, run by the real rasa-sdk server: each shows one way in which an action can end."""

import time

from rasa_sdk import Action
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.interfaces import ActionExecutionRejection


class Looks(Action):
    def name(self):
        return "action_looks"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text=f"{tracker.sender_id} has {tracker.get_slot('part_count')}")
        dispatcher.utter_message(
            response="utter_part_ordered", buttons=[{"title": "Go on", "payload": "/SetSlots(part_count=1)"}]
        )
        known = sorted(domain.get("slots", {})) if domain else []
        return [SlotSet("part_name", "bell"), SlotSet("repair_note", ",".join(known)), FollowupAction("action_listen")]


class Rejects(Action):
    def name(self):
        return "action_rejects"

    def run(self, dispatcher, tracker, domain):
        raise ActionExecutionRejection(self.name(), "not now")


class Breaks(Action):
    def name(self):
        return "action_breaks"

    def run(self, dispatcher, tracker, domain):
        raise RuntimeError("the shelf fell down")


class Dawdles(Action):
    def name(self):
        return "action_dawdles"

    def run(self, dispatcher, tracker, domain):
        time.sleep(1)
        return []
