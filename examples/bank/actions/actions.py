"""Harbour Bank's custom actions: each reads slots and the book, and sets the slots that its flow goes on with."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.bank import book_of


class BookAction:
    """What all actions share: they answer with slots only. No Action itself, or the server would register it."""

    def slots(self, book: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The slots to set, from the book and the slots known so far."""
        raise NotImplementedError

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        """Called by the action server."""
        found = self.slots(book_of(tracker.sender_id), dict(tracker.slots))
        return [SlotSet(name, value) for name, value in found.items()]


class GetBalance(BookAction, Action):
    def name(self) -> str:
        return "action_get_balance"

    def slots(self, book, known):
        return {"balance": book["accounts"][known["account"]]["balance"]}


class ListTransactions(BookAction, Action):
    def name(self) -> str:
        return "action_list_transactions"

    def slots(self, book, known):
        rows = book["accounts"][known["account"]]["transactions"]
        text = "; ".join(f"{row['date']} {row['text']} {row['amount']:.2f}" for row in rows)
        return {"transaction_count": len(rows), "transaction_list": text or None}


class OpenSavings(BookAction, Action):
    def name(self) -> str:
        return "action_open_savings"

    def slots(self, book, known):
        book["accounts"]["everyday"]["balance"] -= known["first_deposit"]
        book["accounts"]["savings"]["balance"] += known["first_deposit"]
        return {}


class CheckFunds(BookAction, Action):
    def name(self) -> str:
        return "action_check_funds"

    def slots(self, book, known):
        balance = book["accounts"]["everyday"]["balance"]
        return {"everyday_balance": balance, "funds_available": known["amount"] <= balance}


class ExecuteTransfer(BookAction, Action):
    def name(self) -> str:
        return "action_execute_transfer"

    def slots(self, book, known):
        account = book["accounts"]["everyday"]
        account["balance"] = round(account["balance"] - known["amount"], 2)
        account["transactions"].insert(0, {"date": "today", "text": known["recipient"], "amount": -known["amount"]})
        return {}


class VerifyIdentity(BookAction, Action):
    def name(self) -> str:
        return "action_verify_identity"

    def slots(self, book, known):
        return {"identity_verified": known["pin"] == book["pin"]}


class BlockCard(BookAction, Action):
    def name(self) -> str:
        return "action_block_card"

    def slots(self, book, known):
        book["cards"][known["card"]]["blocked"] = known["block_reason"]
        return {}


class GetAddress(BookAction, Action):
    def name(self) -> str:
        return "action_get_address"

    def slots(self, book, known):
        return {"address_on_file": book["address"]}


class OrderCard(BookAction, Action):
    def name(self) -> str:
        return "action_order_card"

    def slots(self, book, known):
        if known.get("new_street"):
            book["address"] = f"{known['new_street']}, {known['new_city']}"
        return {}


class SetCardLimit(BookAction, Action):
    def name(self) -> str:
        return "action_set_card_limit"

    def slots(self, book, known):
        book["cards"][known["card"]]["limit"] = known["card_limit"]
        return {}


class ActivateCard(BookAction, Action):
    def name(self) -> str:
        return "action_activate_card"

    def slots(self, book, known):
        return {"card_active": book["cards"][known["card"]]["digits"] == known["card_digits"]}


class AddContact(BookAction, Action):
    def name(self) -> str:
        return "action_add_contact"

    def slots(self, book, known):
        new = known["contact_name"] not in book["contacts"]
        book["contacts"].setdefault(known["contact_name"], known["iban"])
        return {"contact_saved": new}


class RemoveContact(BookAction, Action):
    def name(self) -> str:
        return "action_remove_contact"

    def slots(self, book, known):
        return {"contact_removed": book["contacts"].pop(known["contact_name"], None) is not None}


class ListContacts(BookAction, Action):
    def name(self) -> str:
        return "action_list_contacts"

    def slots(self, book, known):
        return {"contact_list": ", ".join(book["contacts"]) or "–"}


class FindBranch(BookAction, Action):
    def name(self) -> str:
        return "action_find_branch"

    def slots(self, book, known):
        address = book["branches"].get(known["branch_city"].strip().lower())
        return {"branch_found": address is not None, "branch_address": address}


class ExchangeRate(BookAction, Action):
    def name(self) -> str:
        return "action_exchange_rate"

    def slots(self, book, known):
        return {"rate": book["rates"][known["currency"]]}


class CalculateLoan(BookAction, Action):
    def name(self) -> str:
        return "action_calculate_loan"

    def slots(self, book, known):
        monthly = book["loan_interest"] / 12
        months = int(known["loan_years"] * 12)
        rate = known["loan_amount"] * monthly / (1 - (1 + monthly) ** -months)
        return {"loan_rate": round(rate, 2)}
