"""What the shop's own code does: checks how long a tool is lent, and says what that costs."""

from rasa_sdk import Action, FormValidationAction

PRICES = {"drill": 12, "ladder": 9, "sander": 14, "mixer": 25}
LONGEST = 14


class CheckHire(FormValidationAction):
    def name(self):
        return "validate_hire_form"

    def validate_days(self, value, dispatcher, tracker, domain):
        if 1 <= value <= LONGEST:
            return {"days": value}
        dispatcher.utter_message(text=f"We lend for {LONGEST} days at most.")
        return {"days": None}


class Quote(Action):
    def name(self):
        return "action_quote"

    def run(self, dispatcher, tracker, domain):
        tool, days = tracker.get_slot("tool"), tracker.get_slot("days")
        if tool is None:
            dispatcher.utter_message(text="A day costs from 9 to 25.")
        else:
            dispatcher.utter_message(text=f"That makes {PRICES[tool] * int(days or 1)}.")
        return []
