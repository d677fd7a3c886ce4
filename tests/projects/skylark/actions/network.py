from rasa_sdk import Action
from rasa_sdk.events import SlotSet

OUTAGES = {"1010": "until about 6 pm", "8010": "since this morning"}


class ActionCheckOutage(Action):
    def name(self):
        return "action_check_outage"

    def run(self, dispatcher, tracker, domain):
        found = OUTAGES.get(tracker.get_slot("postcode"))
        return [SlotSet("outage_known", found is not None), SlotSet("outage_info", found)]


class ActionAskCallbackTime(Action):
    """Free times change all day, so the buttons are made here."""

    def name(self):
        return "action_ask_callback_time"

    def run(self, dispatcher, tracker, domain):
        buttons = [
            {"title": title, "payload": f"/SetSlots(callback_time={title})"} for title in ("9 am", "1 pm", "5 pm")
        ]
        dispatcher.utter_message(text="When shall we call you?", buttons=buttons)
        return []
