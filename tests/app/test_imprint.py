"""What a follower states of another file: found, amended to the byte, and brought along in the right order."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.config import read as read_config
from app.follower import Follower, read
from app.imprint import (
    LARGE,
    MOST,
    WORK,
    Allowance,
    Following,
    amend,
    append,
    bring,
    decode,
    find,
    follow,
    render,
    tell,
)
from contracts.error import Complaint, EditError, Unreadable
from evidence.pattern import compile as compile_pattern

if TYPE_CHECKING:
    from app.follower import Kind

X, SPEC, README, PIN = "contracts/x-v1.yaml", "docs/spec.md", "README.md", "contracts/pin.lock"
CONTRACT = b"metadata: {version: %s}\nfalsification_tests:\n- id: FALSIFY-X-001\n"
BADGE = r"contract-v(?P<version>\d+\.\d+\.\d+)-"
SHA = r"_sha256: +(?P<sha256>[0-9a-f]{64})"
CONFIG = f"""\
version: 1
contracts: ["contracts/*.yaml"]
specs:
- name: s
  path: {SPEC}
  followers: [{{path: {README}, pattern: 'spec v(?P<version>[0-9.]+)\\b', of: {SPEC}}}]
followers:
- {{path: {PIN}, pattern: 'readme{SHA}', of: {README}}}
- {{path: {README}, pattern: '{BADGE}', of: {X}}}
- {{path: {PIN}, pattern: 'contract{SHA}', of: {X}}}
"""


def make(pattern: str = BADGE, kind: Kind = "version") -> Follower:
    """Return a follower of the contract."""
    return Follower(README, compile_pattern(pattern), kind, X)


def values(text: str, follower: Follower) -> list[str]:
    """Return what a text states, in order."""
    return [one.value for one in find(text, follower)]


PIECES = st.text(alphabet=st.sampled_from("aé#v- .:\n\r\t0123456789🙂contrac\u202e"), max_size=30)
FORMS = {
    BADGE: "contract-v{}-green",
    r"v(?P<version>\d+\.\d+\.\d+)": "v{}",
    r"^version: +(?P<version>[0-9.]+)$": "\nversion: {}\n",
    r"(?P<version>\d+\.\d+\.\d+)(?:-draft)?": "{}-draft",
    r"“(?P<version>[^”]*)”": "“{}”",
    r"at\s+v?(?P<version>\d+(?:\.\d+){1,2})\b": "at\nv{} ",
    r"a|(?P<version>\d+\.\d+\.\d+)": "b{}",
    r"(?i)(contract|spec)[ -]v(?P<version>\d+\.\d+\.\d+)": "Spec v{}",
}
"""Pattern → how a text states a version for it."""
VERSIONS = st.from_regex(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True)


def write(form: str) -> st.SearchStrategy[str]:
    """Return texts that state some versions in a form, among other things."""
    stated = st.builds(form.format, VERSIONS)
    others = st.sampled_from(sorted(FORMS.values())).flatmap(lambda other: st.builds(other.format, VERSIONS))
    parts = st.lists(st.one_of(PIECES, stated, others), max_size=6)
    return st.builds(lambda left, one, right: "".join((*left, one, *right)), parts, stated, parts)


CASES = st.sampled_from(sorted(FORMS)).flatmap(lambda pattern: st.tuples(write(FORMS[pattern]), st.just(pattern)))


def splice(text: str, follower: Follower, value: str) -> str:
    """Return the text with every statement replaced, by the shortest way that there is."""
    data, at, spliced = text.encode(), 0, b""
    for one in find(text, follower):
        spliced += data[at : one.start] + value.encode()
        at = one.end
    return (spliced + data[at:]).decode()


@given(CASES, VERSIONS)
def test_exactly_the_groups_change(case: tuple[str, str], value: str) -> None:
    """What stands around them stays; reading it again states the new value; a second time changes nothing.

    It is refused only where the new text would be read otherwise, as where a digit stands right before the value.
    """
    text, pattern = case
    follower = make(pattern)
    stated = values(text, follower)
    assume(stated)
    meant = splice(text, follower, value)
    if values(meant, follower) != [value] * len(stated) or splice(meant, follower, "") != splice(text, follower, ""):
        with pytest.raises(EditError):
            amend(text, follower, value)
        return

    new = amend(text, follower, value)

    assert new == meant
    assert values(new, follower) == [value] * len(stated)
    assert amend(new, follower, value) == new


@given(st.one_of(PIECES, write(FORMS[BADGE])), VERSIONS)
def test_a_text_that_states_nothing_is_not_edited(text: str, value: str) -> None:
    """Nobody knows where the value would go."""
    follower = make()
    if find(text, follower):
        assert values(amend(text, follower, value), follower) == [value] * len(find(text, follower))
        return
    with pytest.raises(Unreadable, match="matches nothing"):
        amend(text, follower, value)


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_a_digest_is_that_of_the_bytes(content: bytes, other: bytes) -> None:
    """As `sha256sum` prints it; whatever the bytes are."""
    follower = make(f"x{SHA}", "sha256")
    text = f"x_sha256:  {sha256(other).hexdigest()}\nnote: {sha256(other).hexdigest()}\n"

    new = amend(text, follower, tell(follower, content))

    assert new == text.replace(sha256(other).hexdigest(), sha256(content).hexdigest(), 1)


def test_a_value_that_the_pattern_does_not_take_is_refused() -> None:
    """Or the next amendment would find nothing."""
    with pytest.raises(EditError, match=r"does not match where 1\.4\.0-draft stands"):
        amend("contract-v1.3.0-green", make(r"contract-v(?P<version>\d+\.\d+\.\d+)-green"), "1.4.0-draft")


def test_a_group_that_tears_a_character_apart_is_refused() -> None:
    """RE2 can match single bytes."""
    with pytest.raises(EditError):
        amend("v1é", make(r"v1(?P<version>\C)"), "2")


def test_how_much_is_stated_is_bounded() -> None:
    """As many places as anybody writes by hand, and no more."""
    line = "contract-v1.3.0-green\n"

    assert len(find(line * MOST, make())) == MOST
    with pytest.raises(Unreadable, match="matches more than 200 times"):
        find(line * (MOST + 1), make())


def test_how_much_one_search_looks_at_is_bounded() -> None:
    """Each match may cost the whole text: what is large may state a thing less often."""
    line = "contract-v1.3.0-green\n"
    text = line * 7 + "x" * 1000
    price = len(text) * make().pattern.size

    assert len(find(text, make(), Allowance(8 * price))) == 7
    with pytest.raises(Unreadable, match="take too much to search here"):
        find(text, make(), Allowance(8 * price - 1))


def test_all_followers_of_a_commit_share_what_may_be_searched() -> None:
    """Each search is counted, by the bytes of the text and the instructions of the pattern."""
    text, pattern = "contract-v1.3.0-green", make().pattern
    allowance = Allowance(20 * (len(text) + 1) * pattern.size)

    assert bring(text, [(make(), "1.4.0")], allowance)[1] == ()
    assert allowance.left == (20 * (len(text) + 1) - 4 * len(text)) * pattern.size
    assert all("too much to search" in why for why in bring(text, [(make(), "1.5.0")] * 9, allowance)[1][-1:])
    assert allowance.left >= 0


def test_a_large_pattern_does_not_search_a_large_file() -> None:
    """It could cost more than there is: nothing is searched, and nothing taken off."""
    data, pattern = b"x" * (1 << 20), compile_pattern("a[ab]{490}c(?P<version>x)")
    allowance = Allowance()
    price = len(data) * pattern.size

    assert price > WORK
    with pytest.raises(Unreadable, match="take too much"):
        allowance.search(data, pattern, 1)
    assert allowance.left == WORK


def test_two_patterns_that_want_two_values_in_one_place_are_told() -> None:
    """The first one has it."""
    text, left = bring("contract-v1.3.0-green", [(make(), "1.4.0"), (make(r"v(?P<version>[\d.]+)"), "2.0.0")])

    assert text == "contract-v1.4.0-green"
    assert [why.partition(": ")[2] for why in left] == [f"another follower wants 1.4.0 from {X} in the same place"]


@pytest.mark.parametrize(
    ("content", "stated"),
    [(CONTRACT % b"1.4.0", "1.4.0"), (CONTRACT % b'"1.4"', "1.4"), (CONTRACT % b"1.04.0-draft", "1.04.0-draft")],
)
def test_a_contract_states_its_version_as_it_is_written(content: bytes, stated: str) -> None:
    """Quotes away, width and suffix kept."""
    assert tell(make(), content) == stated


@pytest.mark.parametrize("content", [CONTRACT % b"soon", b"metadata: {}\n", b"- a list\n"])
def test_what_states_no_version_is_told(content: bytes) -> None:
    """No text of a contract goes into a badge unless it is a version."""
    with pytest.raises(Complaint, match="states no version"):
        tell(make(), content)


def test_a_spec_states_its_version_in_its_header() -> None:
    """Not in a fence, and without what stands behind it."""
    follower = Follower(README, compile_pattern(BADGE), "version", SPEC, spec=True)

    assert tell(follower, b"# S\n\n```\nVersion: 9.9.9\n```\n\n**Version**: 3.09.0 (DRAFT)\n") == "3.09.0"


def following(texts: dict[str, str], config: str = CONFIG) -> Following:
    """Return the followers of a configuration, with what stands in them."""
    return Following(read(read_config(config).config), {path: text.encode() for path, text in texts.items()})


def pin(contract: str, readme: str) -> str:
    """Return a pin.lock."""
    return f"# the pins\ncontract_sha256:  {contract}\r\nreadme_sha256: {readme}\nnote: {contract}"


OLD = {README: "# R\ncontract-v1.3.0-green and spec v2.4.0, spec v2.3.9.\n", PIN: pin("a" * 64, "b" * 64)}


def test_a_chain_is_followed_in_order() -> None:
    """The badge follows the contract, and the pin of the README the badge."""
    contract = CONTRACT % b"1.4.0"

    followed = follow({X: contract}, following(OLD))

    readme = OLD[README].replace("1.3.0", "1.4.0")
    pins = pin(sha256(contract).hexdigest(), sha256(readme.encode()).hexdigest())
    assert followed.left == ()
    assert {path: content.decode() for path, content in followed.files.items()} == {
        README: readme,
        PIN: pins.replace(f"note: {sha256(contract).hexdigest()}", f"note: {'a' * 64}"),
    }


def test_what_does_not_move_is_not_written() -> None:
    """A contract that is written again as it was: nothing follows; nor do the followers of other files."""
    contract = CONTRACT % b"1.3.0"
    pins = pin(sha256(contract).hexdigest(), "b" * 64)

    assert follow({X: contract}, following({**OLD, PIN: pins})).files == {}
    assert follow({"contracts/y.yaml": contract}, following(OLD)).files == {}


def test_what_cannot_follow_is_said_and_stops_nothing() -> None:
    """No match, no file, no text: each has its sentence, and the others follow."""
    contract = CONTRACT % b"1.4.0"
    odd = Following(following({}).followers, {README: b"contract-v\xff", PIN: pin("a" * 64, "b" * 64).encode()})

    followed = follow({X: contract, "contracts/other.yaml": b""}, odd)
    bare = follow({X: contract}, following({PIN: "nothing"}))

    assert (list(followed.files), followed.left) == (
        [PIN],
        ("README.md does not follow contracts/x-v1.yaml: README.md is not UTF-8",),
    )
    assert bare.files == {}
    assert render(bare) == (
        "README.md does not follow contracts/x-v1.yaml: README.md is not there, or is larger than 4 MiB",
        f"{PIN} does not follow {X}: `contract{SHA}` matches nothing",
    )


def test_what_a_commit_writes_itself_is_not_followed_into() -> None:
    """A file that the commit writes is as it is meant to be."""
    readme = OLD[README].encode()

    assert list(follow({X: CONTRACT % b"1.4.0", README: readme}, following(OLD)).files) == [PIN]


def test_a_pull_request_says_what_became_of_the_followers() -> None:
    """A section of its own; nothing where nothing follows."""
    followed = follow({X: CONTRACT % b"1.4.0"}, following(OLD))

    assert append("## Test plan\n\n- done\n", follow({}, following(OLD))) == "## Test plan\n\n- done\n"
    assert append("## Test plan\n\n- done\n", followed) == (
        "## Test plan\n\n- done\n\n## Followers\n\n"
        "- Followers updated in the same commit: `README.md`, `contracts/pin.lock`\n"
    )


def test_a_file_above_the_bound_counts_as_not_there() -> None:
    """Whoever gathers leaves it out."""
    assert LARGE == 4 << 20
    with pytest.raises(Unreadable, match="not there, or is larger than 4 MiB"):
        decode(None, README)
