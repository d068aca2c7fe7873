"""The database: connections and migrations."""
