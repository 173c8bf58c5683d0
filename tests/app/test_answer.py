"""What GitHub's answers mean: which are final, which are worth another try, and when."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.hub.answer import Again, Answer, Denied, Done, Renew, Step, Wait, deny, read, refuses, weigh

EPOCH = 1_792_567_680
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
BROKEN = {"data": None, "errors": [{"message": "Something went wrong while executing your query."}]}


def limited(**headers: str) -> dict[str, str]:
    """Return the headers of an answer when the hour's requests are spent."""
    return {"x-ratelimit-remaining": "0", **{name.replace("_", "-"): value for name, value in headers.items()}}


@pytest.mark.parametrize(
    ("answer", "step"),
    [
        (Answer(0, lost="no answer"), Again()),
        (Answer(500), Again()),
        (Answer(502, {}, None), Again()),
        (Answer(501), Done()),
        (Answer(401, {}, {"message": "Bad credentials"}), Renew()),
        (Answer(429, {"retry-after": "7"}), Wait(7)),
        (Answer(429), Wait(60)),
        (Answer(403, {"retry-after": "30"}, SECONDARY), Wait(30)),
        (Answer(403, {}, SECONDARY), Wait(60)),
        (Answer(403, limited(x_ratelimit_reset=str(EPOCH + 9))), Wait(10)),
        (Answer(403, limited(x_ratelimit_reset=str(EPOCH - 9))), Wait(1)),
        (Answer(403, limited(x_ratelimit_reset="later")), Wait(60)),
        (Answer(403, limited()), Wait(60)),
        (Answer(403, {"retry-after": "Wed"}, None), Wait(60)),
        (Answer(403, {}, {"message": "Resource not accessible by integration"}), Done()),
        (Answer(200, {"x-ratelimit-remaining": "0"}, {}), Done()),
        (Answer(200, {}, {"data": None, "errors": [{"type": "RATE_LIMITED", "message": "no"}]}), Wait(60)),
        (Answer(200, {}, BROKEN), Again()),
        (Answer(200, {}, {**BROKEN, "data": {"a": 1}}), Done()),
        (Answer(200, {}, {"data": {"a": None}, "errors": [{"type": "NOT_FOUND"}]}), Done()),
        (Answer(404), Done()),
        (Answer(422, {}, {"errors": [{"code": "custom"}]}), Done()),
        (Answer(200, {}, []), Done()),
    ],
)
def test_an_answer_has_one_meaning(answer: Answer, step: Step) -> None:
    """Uncertain, unknown token, too fast, or decided: nothing else, and each from what GitHub documents."""
    assert weigh(answer, EPOCH) == step


def test_what_github_says_is_kept() -> None:
    """A refusal carries the message and the messages of its parts, bounded."""
    body = {
        "message": "Validation Failed",
        "errors": [{"message": "No commits between main and x"}, "head", {"code": 3}],
    }
    refused = deny(Answer(422, {}, body))
    assert (refused.status, refused.said) == (422, "Validation Failed; No commits between main and x; head")
    assert deny(Answer(404)).said == "status 404"
    assert len(deny(Answer(422, {}, {"message": "x" * 1000})).said) == 300
    assert "renamed" in deny(Answer(301)).said


def test_errors_of_graphql_keep_their_kind_and_place() -> None:
    """Who knows better than to give up sees what failed and what there is."""
    body = {"data": {"a": 1}, "errors": [{"type": "STALE_DATA", "path": ["a", 0], "message": "moved"}, "odd", {}]}
    denied = deny(Answer(200, {}, body))
    assert isinstance(denied, Denied)
    assert (denied.kinds, denied.paths, denied.data) == (("STALE_DATA", ""), ("a/0", ""), {"a": 1})
    assert denied.said == "moved; odd"


def test_pages_are_followed_by_their_link() -> None:
    """The next page stands in a header, on every page but the last."""
    link = '<https://api.github.com/x?page=2>; rel="next", <https://api.github.com/x?page=9>; rel="last"'
    assert Answer(200, {"link": link}).next == "https://api.github.com/x?page=2"
    assert Answer(200, {"link": '<https://api.github.com/x?page=1>; rel="first"'}).next == ""
    assert Answer(200).next == ""


def test_a_body_that_is_cut_short_is_no_answer() -> None:
    """Half a JSON text may hide what was done; a gateway's error page is an answer all the same."""
    assert weigh(read(200, {}, '{"id": 1'), EPOCH) == Again()
    assert weigh(read(200, {}, "[" * 100_000), EPOCH) == Again()
    assert read(502, {}, "<html>").status == 502
    assert read(204, {}, "") == Answer(204)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["message", "errors", "data", "type", "path", "code"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(
    st.integers(0, 599),
    st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset"]), st.text()),
    JSON,
)
def test_every_answer_has_a_meaning(status: int, headers: dict[str, str], data: Any) -> None:
    """Whatever comes back, it is weighed without a crash, and what is refused has a sentence."""
    answer = Answer(status, headers, data)
    step = weigh(answer, EPOCH)
    assert isinstance(step, Done | Renew | Again | Wait)
    assert not isinstance(step, Wait) or step.seconds >= 0
    if refuses(answer):
        assert str(deny(answer)).startswith("GitHub refuses")
