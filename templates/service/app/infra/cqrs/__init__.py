"""The command bus and the query bus, and what stands around every message."""
