"""What the assistant looks up about bills."""

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

BILLS = {
    "this month": [("Skylark M", 24.99), ("Data pack", 5.0)],
    "last month": [("Skylark M", 24.99), ("Roaming day pass", 27.0), ("Calls abroad", 14.5)],
}


class ActionFetchBill(Action):
    def name(self) -> str:
        return "action_fetch_bill"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list[dict]:
        lines = BILLS.get(tracker.get_slot("bill_month") or "this month", [])
        total = round(sum(amount for _, amount in lines), 2)
        return [
            SlotSet("bill_total", total),
            SlotSet("bill_lines", [{"label": label, "amount": f"{amount:.2f}"} for label, amount in lines]),
        ]


class ActionPay(Action):
    def name(self) -> str:
        return "action_pay"

    def run(self, dispatcher, tracker, domain):
        amount = tracker.get_slot("payment_amount")
        dispatcher.utter_message(response="utter_payment_done", reference=f"SK{int(amount * 100):06d}")
        return [SlotSet("payment_ok", amount != 13)]
