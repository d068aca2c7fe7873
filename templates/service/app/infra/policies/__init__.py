"""Policies at work: events are read, commands sent, deadlines kept."""
