"""An App is made on the sandbox: the person's browser, the page of this machine, GitHub's answer, the files."""

from __future__ import annotations

import json
import re
import stat
import threading
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.hook.event import EVENTS
from app.sandbox.sandbox import Sandbox
from app.web.conversion import Registered, read
from app.web.conversion import convert as really
from app.web.manifest import PERMISSIONS, draft, find_site, invite, wish
from app.web.settings import parse
from app.web.settings import read as read_settings
from app.web.setup import Made, Order, setup
from contracts.error import Complaint
from evidence import key, signer
from tests.oracle.watch import Watch
from tests.service.hook import LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Form:
    """The form of a page: where it goes, and the manifest in it."""

    def __init__(self, page: str) -> None:
        """Read the page."""
        self.action, manifest = (unescape(value) for value in re.findall(r'(?:action|value)="([^"]*)"', page))
        self.manifest: dict[str, Any] = json.loads(manifest)

    @property
    def state(self) -> str:
        """What GitHub is to send back."""
        return parse_qs(urlsplit(self.action).query)["state"][0]


@dataclass
class Person:
    """Somebody with a browser: opens the page, confirms on GitHub, and is sent back with a code."""

    sandbox: Sandbox
    code: str = "code-1"
    state: str = ""
    seen: list[httpx.Response] = field(default_factory=list)
    form: Form | None = None
    also: Callable[[httpx.Client, Form], bool | None] | None = None

    def open(self, url: str) -> None:
        """Begin, while the page is served."""
        self.thread = threading.Thread(target=self._browse, args=(url,))
        self.thread.start()

    def _browse(self, url: str) -> None:
        with httpx.Client(timeout=LIMIT) as client:
            self.seen.append(client.get(url))
            form = self.form = Form(self.seen[0].text)
            self.sandbox.manifest("code-1", form.manifest)
            if self.also and self.also(client, form):
                return
            back = {"code": self.code, "state": self.state or form.state}
            self.seen.append(client.get(form.manifest["redirect_url"], params=back))


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """GitHub; at the end, everything on its wire was as GitHub describes it."""
    watch = Watch()
    with Sandbox(tmp_path / "sandbox") as made:
        watch.attend(made.world)
        yield made
    assert watch.report() == ""


@pytest.fixture
def order(tmp_path: Path, sandbox: Sandbox) -> Order:
    """An App of an organization, reached at an address."""
    return Order("acme", sandbox.url, "https://bot.example.org", tmp_path / "made", EVENTS)


def _set_up(order: Order, person: Person) -> Made:
    try:
        return setup(order, person.open, patience=LIMIT)
    finally:
        person.thread.join(LIMIT)


def test_an_app_is_made_and_its_settings_are_complete(order: Order, sandbox: Sandbox) -> None:
    """What set-up writes is all that the service needs; nobody else on the machine can read it."""
    person = Person(sandbox)

    made = _set_up(order, person)

    settings = read_settings(parse(made.settings.read_text(encoding="utf-8")))
    (app,) = sandbox.world.apps.values()
    assert (settings.app_id, settings.github_url, settings.data) == (app.id, sandbox.url, order.folder)
    assert settings.webhook_secret.get_secret_value() == "whsec-code-1"
    assert signer.publish(signer.read(settings.signing_key.get_secret_value())) == key.read(made.public)
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in order.folder.iterdir()} == {
        "discharge.env": 0o600,
        "app.pem": 0o600,
        "signing.pem": 0o600,
    }
    assert [response.status_code for response in person.seen] == [200, 200]
    assert "The App is made" in person.seen[1].text


def test_the_app_that_was_made_is_the_one_that_was_asked_for(order: Order, sandbox: Sandbox) -> None:
    """Few permissions, the events that they allow, webhooks to the service, and not for others."""
    person = Person(sandbox)

    _set_up(order, person)

    (app,) = sandbox.world.apps.values()
    assert app.permissions == {name: access for name, (access, _) in PERMISSIONS.items()}
    assert set(app.events) == EVENTS - {"installation", "installation_repositories", "workflow_job"}
    assert app.hook_url == "https://bot.example.org/webhook"
    assert person.form is not None
    assert person.form.manifest["public"] is False
    assert urlsplit(person.form.action).path == "/organizations/acme/settings/apps/new"


@pytest.mark.parametrize(
    ("organization", "more", "why"),
    [
        ("acme", {"actions", "organization_self_hosted_runners"}, "registered with the organization"),
        ("", {"actions", "administration"}, "it may also delete the repository"),
    ],
)
def test_runs_on_github_actions_are_asked_for_by_name(
    order: Order, sandbox: Sandbox, organization: str, more: set[str], why: str
) -> None:
    """Two permissions more and their event; the large one only where there is no organization, and the page says so."""
    person = Person(sandbox)

    _set_up(replace(order, organization=organization, actions=True), person)

    (app,) = sandbox.world.apps.values()
    assert app.permissions == {name: access for name, (access, _) in PERMISSIONS.items()} | dict.fromkeys(more, "write")
    assert set(app.events) == EVENTS - {"installation", "installation_repositories"}
    page = person.seen[0].text
    assert all(f"<th>{name}<td>write<td>" in page for name in more)
    assert ("a workflow is dispatched, followed and cancelled" in page, why in page) == (True, True)
    assert page.count("<tr>") == len(PERMISSIONS) + 2


def test_without_the_option_the_page_knows_nothing_of_runners(order: Order, sandbox: Sandbox) -> None:
    """What is not asked for is not explained either."""
    person = Person(sandbox)

    _set_up(order, person)

    page = person.seen[0].text
    assert not any(word in page for word in ("workflow_job", "runner", "administration"))
    assert page.count("<tr>") == len(PERMISSIONS)


def test_what_is_left_is_told(order: Order, sandbox: Sandbox) -> None:
    """Install it, and have the repositories believe its key."""
    made = _set_up(order, Person(sandbox))

    install, keys = made.left
    assert install.endswith("/installations/new")
    assert keys == f"Add the key to .github/discharge.yml of each: keys: [{made.public}]"
    assert "whsec" not in repr(made)


def test_without_an_address_the_webhook_is_left_to_the_person(order: Order, sandbox: Sandbox) -> None:
    """A service that has no public address yet can be made known later."""
    person = Person(sandbox)

    made = _set_up(replace(order, address=""), person)

    assert made.left[0].startswith("Enter the service's address with /webhook behind it as webhook URL: http")
    assert person.form is not None
    assert "hook_attributes" not in person.form.manifest


def test_the_page_tells_a_browser_to_keep_it_to_itself(order: Order, sandbox: Sandbox) -> None:
    """No scripts, no frames, no cache, no referrer; the form goes to GitHub only."""
    person = Person(sandbox)

    _set_up(order, person)

    headers = person.seen[0].headers
    assert headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'unsafe-inline'; form-action {sandbox.url}; frame-ancestors 'none'"
    )
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_an_answer_that_did_not_begin_here_is_not_taken(order: Order, sandbox: Sandbox) -> None:
    """A link with a stranger's code makes no App; neither does another name for this machine."""
    refused: list[int] = []

    def attack(client: httpx.Client, form: Form) -> None:
        back = form.manifest["redirect_url"]
        queries = ({"code": "code-1", "state": "guess"}, {"code": "code-1"}, {"code": "../x", "state": form.state})
        refused.extend(client.get(back, params=query).status_code for query in queries)
        refused.append(client.get(back, headers={"Host": "evil.example.org"}).status_code)

    made = _set_up(order, Person(sandbox, also=attack))

    assert (refused, made.settings.exists()) == ([400] * 4, True)


def test_an_answer_is_taken_once(order: Order, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that repeats itself while GitHub is asked is told so; the code would not work twice anyway."""
    begun, go, statuses = threading.Event(), threading.Event(), list[int]()

    def convert(github: str, code: str) -> Registered:
        begun.set()
        assert go.wait(LIMIT)
        return really(github, code)

    def repeat(client: httpx.Client, form: Form) -> bool:
        back, query = form.manifest["redirect_url"], {"code": "code-1", "state": form.state}
        first = threading.Thread(target=lambda: statuses.append(httpx.get(back, params=query).status_code))
        first.start()
        assert begun.wait(LIMIT)
        statuses.append(client.get(back, params=query).status_code)
        go.set()
        first.join(LIMIT)
        return True

    monkeypatch.setattr("app.web.setup.convert", convert)
    _set_up(order, Person(sandbox, also=repeat))

    assert statuses == [409, 200]


def test_a_code_that_github_does_not_know_is_told(order: Order, sandbox: Sandbox) -> None:
    """The browser and the terminal say that it did not work, and nothing is left behind."""
    person = Person(sandbox, code="stale")

    with pytest.raises(Complaint, match=r"GitHub refuses \(404\): Not Found. Delete the App on GitHub") as caught:
        _set_up(order, person)

    assert "stale" not in str(caught.value)
    assert (person.seen[1].status_code, list(order.folder.iterdir())) == (502, [])


def test_a_file_that_appears_meanwhile_is_not_overwritten(order: Order, sandbox: Sandbox) -> None:
    """Two set-ups at once do not mix their keys."""

    def hurry(_client: httpx.Client, _form: Form) -> None:
        (order.folder / "app.pem").write_text("another's", encoding="utf-8")

    with pytest.raises(Complaint, match=r"app\.pem cannot be written: File exists. Delete the App on GitHub"):
        _set_up(order, Person(sandbox, also=hurry))

    assert (order.folder / "app.pem").read_text(encoding="utf-8") == "another's"


def test_a_github_that_does_not_answer_is_told(order: Order, sandbox: Sandbox) -> None:
    """The code is not in the sentence: it stands in the address that could not be reached."""
    away = replace(order, github="http://127.0.0.1:9")

    with pytest.raises(Complaint, match="GitHub did not answer: ConnectionError"):
        _set_up(away, Person(sandbox))


def test_a_person_who_never_confirms_is_not_waited_for(order: Order) -> None:
    """After an hour GitHub's code would be worthless."""
    with pytest.raises(Complaint, match="nobody confirmed the App in time"):
        setup(order, lambda _url: None, patience=0.05)


def test_a_signing_key_that_is_there_stays(order: Order, sandbox: Sandbox) -> None:
    """Receipts that it signed must verify for ever; a new App signs with the same key."""
    first = _set_up(order, Person(sandbox))
    for name in ("discharge.env", "app.pem"):
        (order.folder / name).rename(order.folder / f"{name}.old")

    second = _set_up(order, Person(sandbox))

    assert second.public == first.public


def test_an_app_that_is_there_is_not_overwritten(order: Order, sandbox: Sandbox) -> None:
    """Its key cannot be had again."""
    _set_up(order, Person(sandbox))

    with pytest.raises(Complaint, match=r"discharge\.env exists: an App was made there before. Move it away"):
        setup(order, lambda _url: None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"organization": "acme/x"}, "that is no organization's name"),
        ({"address": "http://bot.example.org"}, "the address of the service"),
        ({"address": "https://bot.example.org/?a=1"}, "the address of the service"),
        ({"github": "http://github.example.org"}, "the address of GitHub is no https address"),
        ({"folder": Path("/dev/null/x")}, "/dev/null/x cannot be used: Not a directory"),
        ({"folder": Path("/tmp/two\nlines")}, "signs that a file of settings cannot hold"),  # noqa: S108 - never made
    ],
)
def test_an_order_that_cannot_be_filled_is_told_before_github_is_asked(
    order: Order, changes: dict[str, Any], said: str
) -> None:
    """GitHub makes an App once; what would go wrong afterwards is found out before."""
    with pytest.raises(Complaint) as caught:
        setup(replace(order, **changes), lambda _url: None)

    assert said in str(caught.value)


ANSWER = {"id": 7, "html_url": "https://github.com/apps/discharge-acme", "webhook_secret": "s3cret-word"}


def test_github_may_make_no_webhook_secret(pem: str) -> None:
    """It is nullable in GitHub's description; set-up then makes one, and says where it belongs."""
    assert read({**ANSWER, "pem": pem, "webhook_secret": None}).secret == ""
    assert read({**ANSWER, "pem": pem}) == Registered(7, ANSWER["html_url"], pem, "s3cret-word")  # type: ignore[arg-type]
    assert "s3cret" not in repr(read({**ANSWER, "pem": pem}))


@pytest.fixture(scope="session")
def pem() -> str:
    """An RSA key as GitHub gives it."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key  # noqa: PLC0415 - slow to import
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: PLC0415

    made = generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.mark.parametrize("wrong", [{"id": True}, {"id": "7"}, {"html_url": "javascript:x"}, {"pem": "x"}, {"pem": 5}])
def test_an_answer_that_is_no_app_is_refused(pem: str, wrong: dict[str, object]) -> None:
    """Nothing is written that is not what it should be."""
    with pytest.raises(Complaint, match="GitHub's answer"):
        read({**ANSWER, "pem": pem, **wrong})


def test_no_answer_is_no_app() -> None:
    """A list is not taken for an App."""
    with pytest.raises(Complaint, match="describes no App"):
        read([])


@pytest.mark.parametrize(
    ("github", "site"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://github.example.org/api/v3", "https://github.example.org"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("http://127.0.0.1:4500", "http://127.0.0.1:4500"),
    ],
)
def test_the_pages_of_github_are_found(github: str, site: str) -> None:
    """Of github.com, of an Enterprise Server, of an Enterprise Cloud of one's own, of the sandbox."""
    assert find_site(github) == site


def test_a_person_may_have_an_app_too() -> None:
    """Without an organization it belongs to whoever confirms it; whatever stands in a state stays one."""
    wished = wish("", EVENTS, actions=False)
    manifest = draft("", "https://github.com", "", "http://127.0.0.1:1/callback", wished)

    form = Form(invite(manifest, "", "https://github.com", 'a&"<b>'))

    assert (form.state, urlsplit(form.action).path) == ('a&"<b>', "/settings/apps/new")
    assert (form.manifest["name"], form.manifest["url"]) == ("discharge", "https://github.com")
