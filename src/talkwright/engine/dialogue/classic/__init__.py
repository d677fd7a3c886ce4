"""The classic side of the dialogue: rules, remembered stories and forms decide on intents (dialogue-semantics 8)."""
