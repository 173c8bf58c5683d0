"""Logs for machines and people: one line an event, with the delivery it belongs to and without secrets."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter

from evidence.quote import show
from evidence.redact import redact

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from structlog.typing import EventDict, Processor, WrappedLogger

_LONGEST = 16_000
_QUIET = ("dbos", "httpx", "urllib3", "uvicorn")


def configure(form: Literal["json", "text"], stream: TextIO) -> None:
    """Send every log line of this process to *stream*: JSON, one object a line, or words for a person.

    Lines of the libraries take the same way; the talkative ones are heard from warnings on.
    """
    steps: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        ProcessorFormatter.remove_processors_meta,
        _hide,
        structlog.processors.EventRenamer("message", replace_by="hook"),
        structlog.processors.JSONRenderer(sort_keys=True) if form == "json" else _tell,
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ProcessorFormatter(processors=steps))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def hush(stream: TextIO) -> None:
    """Send what a person must know to *stream*, and nothing else: for commands that print their result themselves."""
    configure("text", stream)
    logging.getLogger().setLevel(logging.WARNING)


def about(delivery: str, event: str, repository: str) -> AbstractContextManager[None]:
    """Have every line that is logged inside name the delivery, also in threads that `asyncio.to_thread` starts."""
    return structlog.contextvars.bound_contextvars(delivery=delivery, hook=event, repository=repository)


def _hide(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Take the secrets out of every value, and cut what is too long for a log."""
    texts = {key: str(value) for key, value in line.items() if not isinstance(value, int | float | None)}
    # The name stands before its value, because some secrets are known by their name only.
    if redact("\n".join(f"{key}= {text}" for key, text in texts.items())).count:
        texts = {key: redact(f"{key}= {text}").text.partition("= ")[2] for key, text in texts.items()}
    return {**line, **{key: text[:_LONGEST] for key, text in texts.items()}}


def _tell(_logger: WrappedLogger, _method: str, line: EventDict) -> str:
    """Return the line as a person reads it: time, level, message, what else there is, and a traceback below."""
    trace = line.pop("exception", "")
    head = f"{line.pop('timestamp')} {line.pop('level'):<8} {show(str(line.pop('message')))}"
    rest = (f"{key}={value!r}" for key, value in sorted(line.items()))
    return "\n".join(filter(None, (" ".join((head.replace("\n", " "), *rest)), show(trace))))
