"""Settings, one file a concern; the environment alone decides, no code differs."""
