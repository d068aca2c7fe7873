"""What carries the domains: buses, event store, projections, persistence."""
