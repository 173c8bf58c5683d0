"""`discharge verify`: what agrees, what an attacker changed, and what nobody could check."""

from __future__ import annotations

import base64
import json
import os
import shutil
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from app.report import describe_verification
from app.restoration import restore
from app.verification import Verification, verify
from contracts.error import Unreadable
from evidence.envelope import sign as sign_payload
from evidence.model import Proof
from evidence.receipt import canonical
from evidence.receipt import read as read_receipt
from evidence.receipt import receipt as write_receipt
from evidence.signer import read as read_signer
from tests.app.redo import KEY, KEYED, PEM, STRANGER, STRANGERS, discharge_signed, sign, workspace_of
from tests.app.stage import BRANCH, CONFIG, CONFIG_PATH, CONTRACT_PATH, FOLDER, Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evidence.receipt import Receipt
    from tests.app.conftest import Repo

EPOCH = 1_777_900_000
RECEIPT, ENVELOPE, LOG = "receipt.json", "receipt.dsse.json", "default-smoke.log"


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory, new_repo: type[Repo]) -> Path:
    """A repository in which a discharge of the app's stands signed, on a branch that is checked out."""
    stage = Stage(new_repo(tmp_path_factory.mktemp("signed") / "repo"))
    stage.set()
    stage.repo.git("remote", "add", "origin", "https://github.example/acme/speak.git")
    stage.ask("run", "speak-001", "speak-002")
    workspace = workspace_of(stage)
    branch = stage.repo.git("for-each-ref", "--format=%(refname:short)", "refs/heads/discharge/")
    path = next(p for p in workspace.repository.paths(branch) if p.endswith("/receipt.json"))
    case = restore(workspace, workspace.repository.commit(branch), path)
    stage.land("chore: a key (#2)", {CONFIG_PATH: KEYED})
    discharge_signed(stage, case)
    return stage.repo.folder


@pytest.fixture
def root(landed: Path, tmp_path: Path) -> Path:
    """A copy of that repository, to do harm to."""
    shutil.copytree(landed, tmp_path / "repo", symlinks=True)
    return tmp_path / "repo"


@pytest.fixture
def folder(root: Path) -> Path:
    """The evidence folder in the copy."""
    return root / FOLDER


@pytest.fixture
def copy(landed: Path, tmp_path: Path) -> Path:
    """A copy of the evidence folder alone, with no repository around it."""
    shutil.copytree(landed / FOLDER, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def repo_of(root: Path, new_repo: type[Repo]) -> Repo:
    """The copy as something to land commits in."""
    repo = new_repo.__new__(new_repo)
    repo.folder, repo.clock = root, EPOCH + 6000
    return repo


def tell(found: Verification) -> list[str]:
    """Return what a verification found, a line each."""
    return [f"{f.severity} {f.place.file.rpartition('/')[2]} {f.message}" for f in found.findings]


def edit(path: Path, old: str, new: str) -> None:
    """Change one thing in a file that really stands in it."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def rewrite(folder: Path, change: Callable[[Receipt], Receipt], pem: str | None = PEM) -> None:
    """Write the receipt otherwise; and sign it, as an app would that is mistaken, or a thief of its key."""
    path = f"{FOLDER}/{RECEIPT}"
    record = change(read_receipt((folder / RECEIPT).read_bytes()))
    content = canonical(write_receipt(record)) + b"\n"
    (folder / RECEIPT).write_bytes(content)
    if pem:
        contract = (folder.parents[1] / CONTRACT_PATH).read_bytes()
        (folder / ENVELOPE).write_bytes(sign({path: content, CONTRACT_PATH: contract}, pem)[f"{FOLDER}/{ENVELOPE}"])


def first(record: Receipt, **values: Any) -> Receipt:
    """Return the receipt with other values in its first falsifier."""
    return replace(record, falsifiers=(replace(record.falsifiers[0], **values), *record.falsifiers[1:]))


def shown(found: Verification) -> str:
    """Return what the terminal prints of a verification."""
    console = Console(file=StringIO(), width=400, highlight=False)
    console.print(describe_verification(found)[1])
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_verification_is_told_to_people_and_to_machines(folder: Path, golden: Callable[[str, str], None]) -> None:
    """What agrees in two lines; what disagrees with file, field, and what was expected there."""
    agreed = shown(verify(folder))
    edit(folder / LOG, "hello, world", "hallo, world")
    found = verify(folder)
    golden("verification.txt", f"{agreed}\n{shown(found)}")

    data, _, status = describe_verification(found)

    assert (status, data["path"]) == (1, str(folder))
    assert data["receipts"] == [
        {
            "file": f"{FOLDER}/{RECEIPT}",
            "origin": "app",
            "signature": "signed",
            "falsifiers": [
                {"id": "FALSIFY-SPEAK-001", "verdict": "held"},
                {"id": "FALSIFY-SPEAK-002", "verdict": "held"},
            ],
        }
    ]
    assert {one["rule"] for one in data["findings"]} == {"evidence/digest", "evidence/verdict"}
    assert describe_verification(replace(found, checked=(replace(found.checked[0], verdicts=()),)))[2] == 1


@pytest.mark.parametrize("name", ["", RECEIPT, ENVELOPE])
def test_signed_evidence_agrees_with_itself_and_its_repository(folder: Path, name: str) -> None:
    """The folder, its receipt and its envelope are three names of the same thing."""
    found = verify(folder / name)

    assert (found.status, tell(found)) == (0, [])
    assert [(one.file, one.origin, one.signature) for one in found.checked] == [
        (f"{FOLDER}/{RECEIPT}", "app", "signed")
    ]
    assert found.checked[0].verdicts == (("FALSIFY-SPEAK-001", "held"), ("FALSIFY-SPEAK-002", "held"))


def test_a_copy_can_be_verified_years_later_with_a_key_alone(copy: Path) -> None:
    """No repository and no network: what could not be looked at is said."""
    found = verify(copy, keys=[KEY])

    assert found.status == 0
    left = "where it stands, what was promised before, and the contract's row were not looked at"
    assert tell(found) == [f"notice receipt.json no git repository here: {left}"]


def test_a_copy_that_another_repository_keeps_is_verified_as_one(root: Path, repo_of: Repo) -> None:
    """It stands at the commit, and outside of evidence/: its contract is looked for nowhere, and that is said."""
    shutil.copytree(root / FOLDER, root / "examples/copy")
    (root / CONTRACT_PATH).unlink()
    repo_of.commit("keep a copy, and have no such contract", {})

    found = verify(root / "examples/copy", keys=[KEY])

    outside = "it stands outside of evidence/, as a copy does: the contract's row was not looked at"
    assert (found.status, tell(found)) == (0, [f"notice receipt.json {outside}"])
    assert verify(root / FOLDER, keys=[KEY]).status == 1


def test_without_a_key_nothing_is_green(copy: Path) -> None:
    """Everything agrees, and who signed it is not known: status 3."""
    found = verify(copy)

    assert (found.status, found.checked[0].signature) == (3, "unchecked")
    assert "notice receipt.dsse.json no key is known: the signature was not checked" in tell(found)


def test_any_byte_of_a_signed_folder_that_changes_is_found(
    landed: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whichever file, wherever, whatever it becomes; and a byte too many or too few."""
    folder = tmp_path_factory.mktemp("changed") / "copy"
    shutil.copytree(landed / FOLDER, folder)
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    assert len(files) == 6

    @settings(deadline=None, max_examples=150)
    @given(st.sampled_from(sorted(files)), st.floats(0, 1, exclude_max=True), st.binary(max_size=2))
    def check(name: str, where: float, new: bytes) -> None:
        content = files[name]
        at = int(where * len(content))
        harmed = content[:at] + new + content[at + 1 :]
        (folder / name).write_bytes(harmed)
        try:
            assert (verify(folder, keys=[KEY]).status in (1, 2)) == (harmed != content)
        finally:
            (folder / name).write_bytes(content)

    check()
    assert verify(folder, keys=[KEY]).status == 0


def test_a_flipped_byte_in_a_log_is_named(folder: Path) -> None:
    """By the field of the receipt that it contradicts; and the verdict that it would give."""
    edit(folder / LOG, "hello, world", "hallo, world")

    found = verify(folder)

    assert found.status == 1
    assert tell(found)[0].startswith("error receipt.json legs[0].logs[0].sha256 of default-smoke.log: expected ")
    assert tell(found)[1].startswith("error receipt.json falsifiers[0].measurements[0].observed: expected ")


def test_an_edited_page_is_named(folder: Path) -> None:
    """People read findings.md: it is signed as well."""
    edit(folder / "findings.md", "hello", "Hello")

    found = verify(folder)

    assert found.status == 1
    assert [line.partition(":")[0] for line in tell(found)] == ["error receipt.json page.sha256 of findings.md"]


def test_a_changed_verdict_is_found_by_signature_and_by_logs(folder: Path) -> None:
    """Whoever has no key is found by the signature, and whoever has it by the logs."""
    rewrite(folder, lambda record: first(record, verdict="not measured", reason="no GPU"), pem=None)
    found = verify(folder)
    assert found.status == 1
    assert any(line.startswith("error receipt.dsse.json subject[0].digest.sha256: expected ") for line in tell(found))
    assert any(
        'error receipt.dsse.json predicate.result: expected "WARNED", seen "PASSED"' in line for line in tell(found)
    )

    rewrite(folder, lambda record: record)
    found = verify(folder)

    assert found.checked[0].signature == "signed"
    assert tell(found) == [
        'error receipt.json falsifiers[0].verdict: expected "held", seen "not measured"',
        'error receipt.json falsifiers[0].reason: expected "", seen "no GPU"',
        'error receipt.json falsifiers[0].after: expected "PARTIAL_ALGORITHM_LEVEL", seen "DISCHARGED"',
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda r: replace(r, legs=(*r.legs, replace(r.legs[0], leg="other"))),
            "times: the legs that it names are not those of legs and absent",
        ),
        (lambda r: replace(r, legs=(*r.legs, r.legs[0])), "times: the legs that it names are not those"),
        (lambda r: replace(r, legs=()), "times: leg default stands neither under legs nor under absent"),
        (
            lambda r: replace(r, legs=(replace(r.legs[0], logs=r.legs[0].logs[:2]),)),
            "leg default: its log is not there",
        ),
        (
            lambda r: replace(r, legs=(), times=((),)),
            'falsifiers[0].verdict: expected "not measured", seen "held"',
        ),
        (lambda r: replace(r, legs=(replace(r.legs[0], exit=3),)), 'falsifiers[0].verdict: expected "not measured"'),
        (lambda r: replace(r, proof=Proof("default", "(")), "missing )"),
        (lambda r: replace(r, extract="("), "extract: it is not what the configuration of that commit says"),
        (lambda r: first(r, preregistered="0" * 64), "falsifiers[0].preregistered: expected "),
        (lambda r: first(r, predictions=r.falsifiers[1].predictions), "falsifiers[0].predictions: it is not what"),
        (lambda r: first(r, branch="if_fails"), "falsifiers[0].branch: it is not what"),
        (lambda r: replace(r, smoke="whisper"), 'falsifiers[0].preregistered: expected "nothing", seen '),
        (lambda r: replace(r, commit="main"), "commit: expected a full hash, seen “main”"),
        (lambda r: replace(r, commit="1" * 40), "commit 111111111111 is not in this repository"),
        (lambda r: replace(r, version_after="9.0.0"), "version: expected 9.0.0 or later, seen 1.3.0"),
        (lambda r: first(r, after="PROVED"), 'FALSIFY-SPEAK-001 status: expected "PROVED", seen "DISCHARGED"'),
        (lambda r: first(r, falsifier="FALSIFY-SPEAK-009"), "FALSIFY-SPEAK-009: expected a falsifier of this id"),
        (lambda r: replace(r, contract="contracts/other.yaml"), "the contract cannot be read: "),
    ],
)
def test_a_signed_lie_is_found_all_the_same(folder: Path, change: Callable[[Receipt], Receipt], sentence: str) -> None:
    """What the app signs is judged again, and compared with what the repository says."""
    rewrite(folder, change)

    found = verify(folder)

    assert any(sentence in line for line in tell(found)), tell(found)
    assert found.status == (1 if any(line.startswith("error") for line in tell(found)) else 0)


def test_a_signature_by_another_key_does_not_count(folder: Path) -> None:
    """The folder is consistent, and signed by a stranger."""
    rewrite(folder, lambda record: record, pem=STRANGER)

    found = verify(folder)

    assert (found.status, found.checked[0].signature) == (1, "refused")
    assert tell(found)[0].endswith(", which is none of those that count")
    assert verify(folder, keys=[STRANGERS]).status == 0


def test_an_envelope_of_another_receipt_does_not_count(folder: Path) -> None:
    """A good signature, of something else."""
    rewrite(folder, lambda record: replace(record, asked_by="somebody"))
    other = (folder / ENVELOPE).read_bytes()
    rewrite(folder, lambda record: replace(record, asked_by="A Tester"))
    (folder / ENVELOPE).write_bytes(other)

    found = verify(folder)

    assert (found.status, len(found.findings)) == (1, 1)
    assert tell(found)[0].startswith("error receipt.dsse.json subject[0].digest.sha256: expected ")


def test_a_statement_with_another_subject_does_not_count(folder: Path) -> None:
    """Every subject is compared, also one too many and one too few."""
    values = json.loads(payload(folder))
    harmed = {**values, "subject": [*values["subject"][:2], {**values["subject"][2], "name": "evidence/x/y.log"}]}
    (folder / ENVELOPE).write_bytes(sign_payload(canonical(harmed), read_signer(PEM)))

    found = verify(folder)

    assert found.status == 1
    fields = [line.split()[2].rstrip(":") for line in tell(found)]
    assert fields == ["subject[2].name", "subject[3]", "subject[4]", "subject[5]"]


def payload(folder: Path) -> bytes:
    """Return what the envelope of the folder holds."""
    return base64.b64decode(json.loads((folder / ENVELOPE).read_bytes())["payload"])


def test_the_same_folder_at_another_place_is_no_second_proof(root: Path) -> None:
    """A signature holds where it was given: a copy below evidence/ is none."""
    shutil.copytree(root / FOLDER, root / "evidence/another-live-discharge")

    found = verify(root / "evidence/another-live-discharge")

    assert found.status == 1
    assert any(
        f'subject[0].name: expected "evidence/another-live-discharge/{RECEIPT}", seen "{FOLDER}/{RECEIPT}"' in line
        for line in tell(found)
    )
    assert any("the contract's row there was not looked at" in line for line in tell(found))


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (b"[" * 99_999, "the envelope is nested too deeply"),
        (b'{"a":' * 99_999, "the envelope is nested too deeply"),
        (b'{"payload":"","payload":""}', "a key stands there twice"),
        (b'{"payload":NaN}', "NaN is no number"),
        (b"", "the envelope is no JSON"),
        (b"[]", "this is no DSSE envelope"),
        (b"null", "this is no DSSE envelope"),
        (b'{"payload":5,"payloadType":"x","signatures":[]}', "this is no DSSE envelope"),
        (b'{"payload":"!","payloadType":"x","signatures":[]}', "this is no DSSE envelope"),
        (b'{"payload":"","payloadType":"text/plain","signatures":[]}\n', "the envelope holds “text/plain”"),
        (b" " * (9 << 20), "is too large"),
    ],
)
def test_an_envelope_that_is_none_is_unreadable(folder: Path, harm: bytes, sentence: str) -> None:
    """Whatever it is, it is a sentence and status 2."""
    (folder / ENVELOPE).write_bytes(harm)

    found = verify(folder)

    assert (found.status, found.checked[0].signature) == (2, "refused")
    assert any(line.startswith("error receipt.dsse.json") and sentence in line for line in tell(found))


@pytest.mark.parametrize(
    "harm", [b"[" * 99_999, b'{"schema":2,"schema":2}', b'{"schema":NaN}', b" " * (5 << 20), b"{}"]
)
def test_a_receipt_that_is_none_is_unreadable(folder: Path, harm: bytes) -> None:
    """Status 2; what it would have named is not known, and said to be named by nothing."""
    (folder / RECEIPT).write_bytes(harm)

    found = verify(folder)

    assert (found.status, found.checked) == (2, ())
    assert any(f.rule == "evidence/unreadable" and f.place.file == f"{FOLDER}/{RECEIPT}" for f in found.findings)


def test_a_receipt_in_another_spelling_was_changed(folder: Path) -> None:
    """White space means nothing to a reader, and everything to a digest."""
    edit(folder / RECEIPT, '{"absent"', '{ "absent"')

    assert "error receipt.json the receipt is not spelt as one that is written here: it was changed" in tell(
        verify(folder)
    )


def test_no_name_leads_out_of_the_folder(folder: Path) -> None:
    """Neither up, nor to a root, nor through a link."""
    (folder.parent / "outside.log").write_text("hello, world\n", encoding="utf-8")
    for name in ("../outside.log", str(folder.parent / "outside.log"), "..", ""):

        def lead(record: Receipt, name: str = name) -> Receipt:
            logs = (replace(record.legs[0].logs[0], file=name), *record.legs[0].logs[1:])
            return replace(record, legs=(replace(record.legs[0], logs=logs),))

        rewrite(folder, lead)
        assert any("legs[0].logs[0].file: expected a file of the folder" in line for line in tell(verify(folder)))


def test_nothing_but_regular_files_is_read(folder: Path) -> None:
    """A link, a pipe that nobody writes to, a folder: each is named, none is followed, nobody waits."""
    content = (folder / LOG).read_bytes()
    (folder / LOG).unlink()
    (folder.parent / "elsewhere").write_bytes(content)
    (folder / LOG).symlink_to(folder.parent / "elsewhere")
    os.mkfifo(folder / "pipe.log")
    (folder / "below").mkdir()
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    (folder / os.fsdecode(b"odd\xff")).write_text("x", encoding="utf-8")

    found = verify(folder)

    assert found.status == 1
    assert [line for line in tell(found) if "receipt" not in line.split()[1]] == [
        "error below it is no regular file",
        "error default-smoke.log it is a link, and was not followed",
        "error pipe.log it is no regular file",
        "error notes.txt no receipt of this folder names this file",
        "error odd\ufffd no receipt of this folder names this file",
    ]
    assert any(
        line.startswith("error receipt.json legs[0].logs[0].file: expected “default-smoke.log”") for line in tell(found)
    )


def test_an_envelope_without_a_receipt_says_nothing(folder: Path) -> None:
    """Its receipt is gone: nothing is left to verify, and everything that is left is named by nothing."""
    (folder / RECEIPT).unlink()

    for path in (folder, folder / ENVELOPE):
        found = verify(path)
        assert (found.status, found.checked) == (1, ())
        assert "error receipt.dsse.json no receipt of this folder names this file" in tell(found)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("evidence", "holds no receipt"),
        ("nowhere", "does not exist"),
        (f"{FOLDER}/{LOG}", "is neither a receipt nor its envelope"),
        ("link", "is a link"),
    ],
)
def test_what_is_no_evidence_is_a_sentence(root: Path, path: str, sentence: str) -> None:
    """Status 2 of the program: there is nothing to verify."""
    (root / "link").symlink_to(root / FOLDER)

    with pytest.raises(Unreadable, match=sentence):
        verify(root / path)


def test_a_folder_that_cannot_be_listed_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor one with more files than anybody's evidence has."""
    monkeypatch.setattr("app.folder.MOST", 3)

    with pytest.raises(Unreadable, match="holds 6 files; at most 3 are looked at"):
        verify(folder)

    monkeypatch.setattr("app.folder.os.scandir", refuse)
    with pytest.raises(Unreadable, match="cannot be read: not today"):
        verify(folder)


def refuse(*_: object, **__: object) -> Any:
    """Refuse as a system does."""
    raise OSError(13, "not today")


def test_a_file_that_cannot_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So is one that is larger than any log may be."""
    monkeypatch.setattr("app.folder.LARGE", 4)
    with pytest.raises(Unreadable, match="holds no receipt"):
        verify(folder)

    monkeypatch.setattr("app.folder.LARGE", 64 << 20)
    monkeypatch.setattr("app.folder.os.open", refuse)
    with pytest.raises(Unreadable, match="holds no receipt"):
        verify(folder)


def signatures(folder: Path, change: Callable[[list[Any]], list[Any]]) -> None:
    """Write the signatures of the envelope otherwise."""
    values = json.loads((folder / ENVELOPE).read_bytes())
    (folder / ENVELOPE).write_bytes(canonical({**values, "signatures": change(values["signatures"])}) + b"\n")


def by_stranger(folder: Path) -> Any:
    """Return a signature of the same statement by another key."""
    return json.loads(sign_payload(payload(folder), read_signer(STRANGER)))["signatures"][0]


def test_signatures_are_looked_at_one_by_one(folder: Path) -> None:
    """None is none; a second one by a stranger does no harm; a bad one by a known key does."""
    other = by_stranger(folder)
    good = json.loads((folder / ENVELOPE).read_bytes())["signatures"]

    signatures(folder, lambda _: [])
    assert any("the envelope has 0 signatures; from 1 to 16 are read" in line for line in tell(verify(folder)))
    signatures(folder, lambda _: [*good, other])
    assert verify(folder).status == 0
    assert verify(folder, keys=[KEY, STRANGERS]).status == 0
    signatures(folder, lambda _: [*good, {**other, "sig": good[0]["sig"]}])
    assert verify(folder).status == 0
    assert verify(folder, keys=[KEY, STRANGERS]).status == 1
    signatures(folder, lambda _: [{**good[0], "sig": other["sig"]}])
    assert tell(verify(folder))[0].endswith("… is not one of what is signed")
    signatures(folder, lambda _: [*good, *good])
    assert any("Multiple signatures found" in line for line in tell(verify(folder)))
    signatures(folder, lambda _: [{**good[0], "note": "x"}])
    assert any("it was changed" in line for line in tell(verify(folder)))


@pytest.mark.parametrize("key", ["rsa:AAAA", "ed25519:AAAA", "ed25519:" + "A" * 43 + "=", "nothing", "x" * 999])
def test_a_key_that_is_none_is_refused(folder: Path, key: str) -> None:
    """Another kind, another length, the key of nobody: a sentence, and nothing is verified with it."""
    with pytest.raises(Unreadable, match="key"):
        verify(folder, keys=[key])


def test_an_app_without_a_signature_is_none(folder: Path) -> None:
    """Whoever writes `app` into a receipt must bring the app's signature, whether a key is known or not."""
    (folder / ENVELOPE).unlink()

    for found in (verify(folder), verify(folder, base="main~1")):
        assert (found.status, found.checked[0].signature) == (1, "refused")
        assert tell(found) == [
            "error receipt.json origin: it says that the app judged it, and no signature of the app stands beside it"
        ]


def test_only_the_app_signs(folder: Path) -> None:
    """An envelope beside a terminal's receipt is a mistake of somebody's."""
    rewrite(folder, lambda record: replace(record, origin="terminal"), pem=None)

    assert "error receipt.dsse.json origin: expected app of what is signed, seen terminal" in tell(verify(folder))


def test_unsigned_evidence_is_told_as_such(repo: Repo) -> None:
    """Nobody signed it: 3 by default, 0 where the configuration accepts it, 1 where keys are asked for."""
    stage = Stage(repo)
    stage.set()
    stage.ask("run", "speak-001")
    stage.repo.git("checkout", "--quiet", BRANCH)
    folder = repo.folder / FOLDER

    found = verify(folder)
    assert (found.status, found.checked[0].signature) == (3, "unsigned")
    assert tell(found) == ["notice receipt.json it is unsigned, of origin terminal: who judged is not known"]

    accepting = stage.land("chore: accept", {CONFIG_PATH: f"{CONFIG}evidence: {{accept: [app, terminal]}}\n"})
    found = verify(folder, base=accepting)
    assert (found.status, found.checked[0].signature) == (0, "accepted")

    found = verify(folder, keys=[KEY])
    assert (found.status, found.checked[0].signature) == (1, "refused")
    assert "a receipt of origin terminal does not count; accepted are: app" in tell(found)[0]


def test_every_receipt_of_a_folder_is_checked_or_only_the_one_that_is_named(repo: Repo) -> None:
    """Two discharges share a folder; what one of them did not move is not asked of the contract."""
    stage = Stage(repo)
    stage.set()
    stage.land("feat: one more (#2)", {CONFIG_PATH: f"{CONFIG}      FALSIFY-SPEAK-003: [{{leg: default, exit: 0}}]\n"})
    stage.ask("run", "speak-001", "speak-003")
    stage.ask("run", "speak-002")
    stage.repo.git("checkout", "--quiet", BRANCH)
    second = "receipt-v1.4.0.json"

    found = verify(repo.folder / FOLDER)

    assert [line for line in tell(found) if "unsigned" not in line] == []
    assert [(one.file.rpartition("/")[2], one.verdicts) for one in found.checked] == [
        (second, (("FALSIFY-SPEAK-002", "held"),)),
        (RECEIPT, (("FALSIFY-SPEAK-001", "held"), ("FALSIFY-SPEAK-003", "not measured"))),
    ]
    assert [one.file for one in verify(repo.folder / FOLDER / second).checked] == [f"{FOLDER}/{second}"]


def test_the_contract_must_tell_what_the_receipt_did(root: Path, folder: Path, repo_of: Repo) -> None:
    """Status, version and evidence line; each is named at its line of the contract."""
    contract = (root / CONTRACT_PATH).read_text(encoding="utf-8")
    harmed = contract.replace("status: DISCHARGED", "status: FUNCTIONAL", 1).replace("version: 1.3.0", "version: 1.2.9")
    repo_of.commit("fix: words", {CONTRACT_PATH: harmed.replace(f"see {FOLDER}/", "see nothing/")})

    found = verify(folder)

    assert [f"{f.place.line} {f.message}" for f in found.findings] == [
        '9 FALSIFY-SPEAK-001 status: expected "DISCHARGED", seen "FUNCTIONAL"',
        f"9 FALSIFY-SPEAK-001 evidence: expected a line that names {FOLDER}/, seen none",
        f"18 FALSIFY-SPEAK-002 evidence: expected a line that names {FOLDER}/, seen none",
        "0 version: expected 1.3.0 or later, seen 1.2.9",
    ]
    assert {f.place.file for f in found.findings} == {CONTRACT_PATH}
    assert verify(folder, rev="HEAD~1").status == 0


def test_a_contract_that_landed_otherwise_than_it_was_signed_is_told(root: Path, folder: Path, repo_of: Repo) -> None:
    """A squash onto a main that moved: no error, and said."""
    repo_of.git("reset", "--quiet", "--soft", "main")
    contract = (root / CONTRACT_PATH).read_text(encoding="utf-8")
    repo_of.commit("squashed", {CONTRACT_PATH: contract + "# a remark\n"})

    found = verify(folder)

    assert found.status == 0
    assert [f.severity for f in found.findings] == ["warning"]
    assert "otherwise than it was signed: expected sha256 " in found.findings[0].message


def test_evidence_of_a_fork_is_no_evidence_here(folder: Path, repo_of: Repo) -> None:
    """One app signs for many repositories, and in one of them somebody else has the runner."""
    repo_of.git("remote", "set-url", "origin", "git@github.example:acme/another.git")

    found = verify(folder)
    assert (found.status, found.checked[0].signature) == (1, "refused")
    assert tell(found) == [
        "error receipt.dsse.json repository: expected acme/another, seen acme/speak: it was renamed, or this is a copy"
    ]
    assert verify(folder, repository="Acme/Speak").status == 0

    repo_of.git("remote", "remove", "origin")
    found = verify(folder)
    assert (found.status, tell(found)) == (
        0,
        ["notice receipt.json no remote names this repository: whether it is acme/speak is not known"],
    )


def test_a_commit_that_is_not_on_the_default_branch_discharges_nothing(root: Path, folder: Path, repo_of: Repo) -> None:
    """A trial may have logs; it moves no status."""
    aside = repo_of.commit("aside", {"docs/note.md": "aside\n"})
    rewrite(folder, lambda record: replace(record, commit=aside))

    assert f"error receipt.json commit: expected one of main, seen {aside[:12]}" in tell(verify(folder))


def test_what_cannot_be_read_around_it_is_said(root: Path, folder: Path, repo_of: Repo) -> None:
    """A configuration that nobody can read: no keys, and why; unless it was asked for by name."""
    broken = repo_of.commit("break it", {CONFIG_PATH: "version: [\n"})
    repo_of.git("branch", "--quiet", "-f", "main", broken)

    found = verify(folder)

    assert (found.status, found.checked[0].signature) == (3, "unchecked")
    assert any("notice receipt.json the repository cannot be read: " in line for line in tell(found))
    for base, rev in (("main", None), (None, "nowhere"), ("nowhere", None)):
        with pytest.raises(Unreadable):
            verify(folder, base=base, rev=rev)


def test_a_receipt_of_the_first_form_is_checked_as_far_as_it_goes(folder: Path) -> None:
    """It names no page and does not say how its output was cut: nothing is green that was not judged."""
    rewrite(folder, lambda record: replace(record, schema=1, origin="terminal"), pem=None)
    (folder / ENVELOPE).unlink()

    found = verify(folder, base="main~1")

    assert found.status == 3
    early = "a receipt of form 1"
    assert [line for line in tell(found) if early in line] == [
        f"notice findings.md {early} states no digest of its page: it was not looked at",
        f"notice receipt.json {early} does not say how the output is cut: its predictions were not judged again",
    ]
