"""Which flow a message is about, judged pair by pair: what a flow says of itself against what the message says."""
