"""HTTP routers, one module a domain."""
