"""An assistant's content: items, their history and problems, and the one way to change them."""
