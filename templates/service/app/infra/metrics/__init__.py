"""What Prometheus is told: what happens as it happens, and how things stand."""
