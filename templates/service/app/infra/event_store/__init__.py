"""The event store: append, load, snapshots, and the tail everybody reads."""
