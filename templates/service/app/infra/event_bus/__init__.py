"""The bus: tells others what the log holds. It wakes them; the log feeds them."""
