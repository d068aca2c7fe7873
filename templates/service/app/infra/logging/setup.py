"""One configuration for our own log lines and those of the libraries."""

import logging
import logging.config
import sys
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor

from app.config.service import ServiceSettings

SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)


def configure_logging(settings: ServiceSettings) -> None:
    """Send every line to stdout, as JSON or, for people, in colours."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,  # first: what is not told costs little
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(logging_config(settings))


def logging_config(settings: ServiceSettings) -> dict[str, Any]:
    """The configuration of the standard library, which Granian wants to have too."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": _rendering(console=settings.log_format == "console"),
                "foreign_pre_chain": SHARED,
            }
        },
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "line",
            }
        },
        "root": {"handlers": ["stdout"], "level": settings.log_level.upper()},
        "loggers": {},
    }


def _rendering(*, console: bool) -> list[Processor]:
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if console:
        return [
            remove_meta,
            structlog.dev.ConsoleRenderer(
                colors=sys.stdout.isatty(),
                exception_formatter=structlog.dev.plain_traceback,
            ),
        ]
    # Without the values of local variables, which may be secret or personal.
    tracebacks = ExceptionDictTransformer(show_locals=False)
    return [
        remove_meta,
        structlog.processors.ExceptionRenderer(tracebacks),
        structlog.processors.JSONRenderer(default=str),
    ]
