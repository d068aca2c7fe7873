"""Structured logs: one JSON object a line, with correlation and causation ids."""

from app.infra.logging.requests import RequestLog
from app.infra.logging.setup import configure_logging

__all__ = ["RequestLog", "configure_logging"]
