"""The base words every domain is written in; nothing here knows a database."""
