"""How people reach a bot: REST, callback, socket.io, and the operator's own connectors (wire-protocols 4.4, 4.5)."""
