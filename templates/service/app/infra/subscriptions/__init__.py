"""Subscriptions: readers of the log that remember how far they have come."""
