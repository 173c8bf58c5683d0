"""Pages of at most a hundred, with cursors that stay true while a list grows."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sandbox.act.comment import comment, delete_comment
from app.sandbox.graph.page import cut
from app.sandbox.model import Refusal

if TYPE_CHECKING:
    from app.sandbox.model import Comment
    from tests.sandbox.graph.asker import Asker

COMMENTS = """query ($first: Int, $last: Int, $after: String, $before: String) {
  repository(owner: "acme", name: "speak") { pullRequest(number: 1) {
    comments(first: $first, last: $last, after: $after, before: $before) {
      totalCount nodes { body } edges { cursor node { body } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } } } }"""


def write(asker: Asker, count: int) -> list[Comment]:
    """Write so many comments on the pull request."""
    asker.commit("topic", {"a.md": "a\n"})
    pull = asker.open("topic")
    return [comment(asker.world, asker.person, pull, f"{i}") for i in range(count)]


def page(asker: Asker, **args: Any) -> dict[str, Any]:
    """Return one page of comments."""
    return dict(asker.ask(COMMENTS, **args)["repository"]["pullRequest"]["comments"])


def bodies(told: dict[str, Any]) -> str:
    """Return what the comments of a page say, in one word."""
    return "".join(node["body"] for node in told["nodes"])


def test_pages_follow_each_other_forward(asker: Asker) -> None:
    """Each page begins after the last cursor of the one before."""
    write(asker, 5)
    one = page(asker, first=2)
    two = page(asker, first=2, after=one["pageInfo"]["endCursor"])
    three = page(asker, first=2, after=two["pageInfo"]["endCursor"])

    assert [bodies(each) for each in (one, two, three)] == ["01", "23", "4"]
    assert [each["pageInfo"]["hasNextPage"] for each in (one, two, three)] == [True, True, False]
    assert [each["pageInfo"]["hasPreviousPage"] for each in (one, two, three)] == [False, True, True]
    assert one["totalCount"] == 5
    assert one["edges"][0] == {"cursor": one["pageInfo"]["startCursor"], "node": {"body": "0"}}


def test_pages_follow_each_other_backward(asker: Asker) -> None:
    """The newest first, as the bot reads comments."""
    write(asker, 5)
    newest = page(asker, last=3)
    older = page(asker, last=3, before=newest["pageInfo"]["startCursor"])

    assert (bodies(newest), bodies(older)) == ("234", "01")
    assert (newest["pageInfo"]["hasPreviousPage"], older["pageInfo"]["hasPreviousPage"]) == (True, False)
    assert older["pageInfo"]["hasNextPage"] is True


def test_a_cursor_stays_true_while_the_list_changes(asker: Asker) -> None:
    """A comment that goes away in front of a cursor moves nothing behind it."""
    said = write(asker, 5)
    cursor = page(asker, first=3)["pageInfo"]["endCursor"]
    delete_comment(asker.world, asker.person, said[0])
    after = bodies(page(asker, first=9, after=cursor))
    delete_comment(asker.world, asker.person, said[2])

    assert after == "34"
    assert bodies(page(asker, first=9, after=cursor)) == "34"


def test_an_empty_connection_has_no_cursors(asker: Asker) -> None:
    """Nothing there, and nothing before or after."""
    write(asker, 0)

    assert page(asker, first=1)["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


@pytest.mark.parametrize(
    ("args", "kind", "said"),
    [
        ({}, "MISSING_PAGINATION_BOUNDARIES", "You must provide a `first` or `last` value to properly paginate the"),
        (
            {"first": 101},
            "EXCESSIVE_PAGINATION",
            "Requesting 101 records on the `comments` connection exceeds the `first`",
        ),
        (
            {"last": 1000},
            "EXCESSIVE_PAGINATION",
            "Requesting 1000 records on the `comments` connection exceeds the `last`",
        ),
        ({"first": 0}, "ARGUMENT_ERROR", "`first` on the `comments` connection cannot be less than one."),
        ({"last": -1}, "ARGUMENT_ERROR", "`last` on the `comments` connection cannot be less than one."),
        ({"first": 1, "last": 1}, "ARGUMENT_ERROR", "Passing both `first` and `last` to paginate the `comments`"),
        ({"first": 1, "after": "so"}, "INVALID_CURSOR_ARGUMENTS", "`so` does not appear to be a valid cursor."),
        ({"first": 1, "after": "ZW5k"}, "INVALID_CURSOR_ARGUMENTS", "`ZW5k` does not appear to be a valid cursor."),
    ],
)
def test_bounds_are_kept_as_on_github(asker: Asker, args: dict[str, Any], kind: str, said: str) -> None:
    """One to a hundred nodes, from one end, from a cursor that is one."""
    write(asker, 1)
    error = asker.refused(COMMENTS, **args)

    assert error["type"] == kind
    assert error["message"].startswith(said)
    assert error["path"] == ["repository", "pullRequest", "comments"]


@given(st.integers(0, 30), st.integers(1, 7), st.booleans())
@settings(deadline=None, max_examples=60)
def test_pages_together_are_the_list(count: int, size: int, backward: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever the page size and the direction, every item comes once, in order."""
    items, seen, cursor = list(range(count)), list[int](), None
    while True:
        got = cut(items, {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}, "all")
        seen = [*got.items, *seen] if backward else [*seen, *got.items]
        more = got.start > 0 if backward else got.start + len(got.items) < got.total
        if not more:
            break
        cursor = got.edges[0 if backward else -1].cursor

    assert seen == items


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode())))
@settings(deadline=None, max_examples=200)
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    """A cursor comes from outside: it is refused in a sentence, or leads to a place."""
    try:
        got = cut([1, 2, 3], {"first": 2, "after": text}, "all")
    except Refusal as refusal:
        kind, items = refusal.kind, []
    else:
        kind, items = "", list(got.items)

    assert kind in {"", "INVALID_CURSOR_ARGUMENTS"}
    assert set(items) <= {1, 2, 3}
