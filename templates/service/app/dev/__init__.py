"""The service with everything it needs, in one command and without containers."""
