"""What stands in the log, line by line."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import warnings
from typing import TYPE_CHECKING, Any, Literal

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from app.web import log
from tests.service.hook import keep_log

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "ghp_" + "a1B2" * 9


class Paper:
    """Where lines are written, and how they are read back."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def configure(self, form: Literal["json", "text"] = "json") -> structlog.stdlib.BoundLogger:
        """Have the log written here; a logger."""
        log.configure(form, self.stream)
        logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("story")
        return logger

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines as a machine reads them."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def paper() -> Iterator[Paper]:
    """A log of its own; the log of the tests comes back afterwards."""
    with keep_log():
        yield Paper()


def test_every_line_about_a_delivery_names_it(paper: Paper) -> None:
    """Also the lines of a library, and those from a thread that works on it."""
    logger = paper.configure()

    async def handle() -> None:
        with log.about("guid-1", "issue_comment", "acme/hello"):
            logger.info("gathering", number=7)
            await asyncio.to_thread(logger.info, "cloning")
            logging.getLogger("library").warning("slow: %s", "answer")
        logger.info("idle")

    asyncio.run(handle())

    *about, idle = paper.lines
    assert [line["message"] for line in about] == ["gathering", "cloning", "slow: answer"]
    assert all(
        (line["delivery"], line["event"], line["repository"]) == ("guid-1", "issue_comment", "acme/hello")
        for line in about
    )
    assert (about[0]["level"], about[0]["number"], about[2]["level"]) == ("info", 7, "warning")
    assert (idle["message"], "delivery" in idle) == ("idle", False)


def test_no_secret_reaches_the_log(paper: Paper) -> None:
    """Not by value, not by name, not inside an object, an address or a traceback."""
    logger = paper.configure()

    logger.info("asking", token=TOKEN, password="hunter2-x", about={"client_secret": "hunter3-x"})  # noqa: S106 - that is the story
    logging.getLogger("library").error("GET https://someone:hunter4-x@github.example.org failed")
    logger.error("failed", exc_info=RuntimeError(f"Authorization: Bearer {TOKEN}"))

    text = paper.stream.getvalue()
    assert TOKEN not in text
    assert "hunter" not in text
    assert text.count("[redacted: ") == 5
    assert "RuntimeError" in paper.lines[2]["exception"]


@settings(deadline=None, max_examples=40)
@given(
    values=st.dictionaries(st.text("abcdef", min_size=1, max_size=5), st.text() | st.integers() | st.none(), max_size=4)
)
def test_any_value_makes_one_line(values: dict[str, Any]) -> None:
    """Line ends and control characters of others cannot forge a line."""
    paper = Paper()
    with keep_log():
        paper.configure().info("told", **values)

    (line,) = paper.lines
    assert line["message"] == "told"
    assert set(values) <= set(line)


def test_people_read_words(paper: Paper) -> None:
    """Time, level, message, the rest by name; a traceback below; nothing that colours a terminal."""
    logger = paper.configure("text")

    with log.about("guid-1", "push", "acme/hello"):
        logger.info("told\x1b[31m", title="two\nlines")
    logger.error("failed", exc_info=ValueError("no"))

    first, second, *trace = paper.stream.getvalue().splitlines()
    assert (
        first[27:] == " info     told␛[31m delivery='guid-1' event='push' repository='acme/hello' title='two\\nlines'"
    )
    assert second[27:] == " error    failed"
    assert trace[-1] == "ValueError: no"


def test_a_long_value_is_cut(paper: Paper) -> None:
    """A log line has a bound."""
    logger = paper.configure()

    logger.info("told", body="x" * 100_000)

    assert len(paper.lines[0]["body"]) == 16_000


def test_talkative_libraries_are_quiet(paper: Paper) -> None:
    """Their warnings are heard, and those of Python too."""
    paper.configure()

    logging.getLogger("uvicorn.error").info("Started server process")
    logging.getLogger("dbos").warning("slow")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("soon gone", DeprecationWarning, stacklevel=1)

    assert [line["message"].partition("\n")[0].rpartition(": ")[2] for line in paper.lines] == ["slow", "soon gone"]
