"""Who asks: JWTs of the app, tokens of its installations, what they see and may do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from github import GithubException

if TYPE_CHECKING:
    from collections.abc import Callable

    from github import Github, GithubIntegration
    from github.Repository import Repository

    from app.sandbox.sandbox import Sandbox

REPO = "acme/speak"


def _get(sandbox: Sandbox, path: str, token: str | None) -> httpx.Response:
    return httpx.get(sandbox.url + path, headers={"Authorization": f"Bearer {token}"} if token else {})


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"exp": int(time.time()) - 60}, "'Expiration time' claim ('exp') must be a numeric value"),
        ({"exp": int(time.time()) + 3_600}, "'Expiration time' claim ('exp') is too far in the future"),
        ({"iat": int(time.time()) + 3_600}, "'Issued at' claim ('iat') must be an Integer"),
        ({"iss": "999999"}, "Integration not found"),
    ],
)
def test_a_jwt_outside_its_bounds_is_refused(
    sandbox: Sandbox, sign: Callable[..., str], claims: dict[str, Any], said: str
) -> None:
    """Times and issuer of a JWT are checked as GitHub checks them, in its words."""
    answer = _get(sandbox, "/app", sign(**claims))

    assert answer.status_code in {401, 404}
    assert said in answer.json()["message"]


def test_a_jwt_must_be_signed_by_the_app(sandbox: Sandbox, sign: Callable[..., str]) -> None:
    """Another key, no key, no token, or an installation's token are all refused."""
    number = next(iter(sandbox.world.apps))
    other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    claims = {"iat": int(time.time()), "exp": int(time.time()) + 60, "iss": str(number)}
    forged = [jwt.encode(claims, other, algorithm="RS256"), "no.jwt.atall", "ghs_nothing", None]
    unnamed = jwt.encode({k: v for k, v in claims.items() if k != "iss"}, other, algorithm="RS256")

    assert [_get(sandbox, "/app", each).status_code for each in forged] == [401] * 4
    assert _get(sandbox, "/app", unnamed).json()["message"].startswith("Missing 'issuer' claim")
    assert _get(sandbox, "/app", sign(iss=sandbox.world.apps[number].client_id)).json()["slug"] == "discharge"


def test_a_jwt_opens_no_repository(sandbox: Sandbox, sign: Callable[..., str]) -> None:
    """What is an installation's cannot be asked for as the app; what is anybody's needs somebody."""
    assert _get(sandbox, f"/repos/{REPO}", sign()).status_code == 403
    assert _get(sandbox, f"/repos/{REPO}", None).json()["message"] == "Requires authentication"
    assert _get(sandbox, f"/repos/{REPO}", "ghs_wrong").json()["message"] == "Bad credentials"


def test_the_app_finds_its_installations(sandbox: Sandbox, integration: GithubIntegration) -> None:
    """The app lists its installations, and finds the one of a repository."""
    sandbox.install("discharge", "elsewhere", [])

    found = list(integration.get_installations())

    assert [each.account.login for each in found] == ["acme", "elsewhere"]
    assert integration.get_repo_installation("acme", "speak").id == found[0].id
    assert integration.get_org_installation("acme").id == found[0].id
    with pytest.raises(GithubException):
        integration.get_user_installation("nobody")
    assert integration.get_app_installation(found[0].id).app_slug == "discharge"
    assert integration.get_app().name == "discharge"
    with pytest.raises(GithubException) as caught:
        integration.get_app_installation(1)
    assert caught.value.status == 404


def _mint(integration: GithubIntegration, number: int, **wish: Any) -> dict[str, Any]:
    path = f"/app/installations/{number}/access_tokens"
    return dict(integration.requester.requestJsonAndCheck("POST", path, input=wish)[1])


def test_a_token_is_cut_down_to_what_is_asked_for(sandbox: Sandbox, integration: GithubIntegration) -> None:
    """A token for one repository and few permissions sees and does nothing else."""
    sandbox.repository("acme/other", {"a": "1"}, private=True)
    number = next(iter(sandbox.world.installations))

    made = _mint(integration, number, repositories=["speak"], permissions={"issues": "read"})

    assert made["permissions"] == {"issues": "read", "metadata": "read"}
    assert [each["full_name"] for each in made["repositories"]] == [REPO]
    assert _get(sandbox, f"/repos/{REPO}/issues", made["token"]).status_code == 200
    assert _get(sandbox, "/repos/acme/other", made["token"]).status_code == 404
    refused = _get(sandbox, f"/repos/{REPO}/git/ref/heads/main", made["token"])
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
    assert refused.headers["x-accepted-github-permissions"] == "contents=read"
    seen = _get(sandbox, "/installation/repositories", made["token"]).json()
    assert ([each["name"] for each in seen["repositories"]], seen["repository_selection"]) == (["speak"], "selected")


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"permissions": {"workflows": "write"}}, "not granted to this installation"),
        ({"permissions": {"metadata": "write"}}, "not granted to this installation"),
        ({"permissions": {"issues": "all"}}, "all is not a possible value"),
        ({"repositories": ["nothing"]}, "does not exist or is not accessible"),
        ({"repository_ids": [1]}, "does not exist or is not accessible"),
    ],
)
def test_a_token_cannot_be_more_than_was_granted(
    sandbox: Sandbox, integration: GithubIntegration, wish: dict[str, Any], said: str
) -> None:
    """More than the installation has is 422."""
    with pytest.raises(GithubException, match=said) as caught:
        _mint(integration, next(iter(sandbox.world.installations)), **wish)

    assert caught.value.status == 422


def test_a_token_dies(sandbox: Sandbox, integration: GithubIntegration, github: Github, repo: Repository) -> None:
    """Expired tokens and those of a removed or suspended installation open nothing."""
    number = next(iter(sandbox.world.installations))
    token = integration.get_access_token(number).token
    sandbox.suspend(number)
    assert _get(sandbox, f"/repos/{REPO}", token).status_code == 403
    with pytest.raises(GithubException, match="suspended"):
        integration.get_access_token(number)
    sandbox.suspend(number, suspended=False)
    assert _get(sandbox, f"/repos/{REPO}", token).status_code == 200

    sandbox.world.tokens[token].expires = time.time() - 1

    assert _get(sandbox, f"/repos/{REPO}", token).status_code == 401
    sandbox.uninstall(number)
    with pytest.raises(GithubException) as caught:
        integration.get_access_token(number)
    assert caught.value.status == 404


def test_an_installation_on_some_repositories_sees_those(sandbox: Sandbox, integration: GithubIntegration) -> None:
    """A repository that is taken away is not found any more; added, it is there again."""
    number = next(iter(sandbox.world.installations))
    token = integration.get_access_token(number).token

    sandbox.cover(number, REPO, covered=False)
    assert _get(sandbox, f"/repos/{REPO}", token).status_code == 404

    sandbox.cover(number, REPO)
    assert _get(sandbox, f"/repos/{REPO}", token).status_code == 200
    assert sandbox.wait_idle()


def test_people_have_roles(sandbox: Sandbox, repo: Repository, github: Github) -> None:
    """The role of each person, with the two names that the older field does not know; a stranger is 404."""
    sandbox.role(REPO, "octo-triager", "triage")

    found = {
        login: repo.get_collaborator_permission(login) for login in ("octo-admin", "octo-maintainer", "octo-reader")
    }

    assert found == {"octo-admin": "admin", "octo-maintainer": "write", "octo-reader": "read"}
    assert repo.get_collaborator_role_name("octo-triager") == "triage"
    assert repo.get_collaborator_role_name("octo-maintainer") == "maintain"
    with pytest.raises(GithubException) as caught:
        repo.get_collaborator_permission("who-is-that")
    assert caught.value.status == 404
    assert github.get_user("octo-admin").type == "User"
    assert github.get_organization("acme").login == "acme"
    with pytest.raises(GithubException):
        github.get_organization("octo-admin")


def test_a_persons_token_does_what_the_person_may(sandbox: Sandbox) -> None:
    """A reader comments nowhere but reads; a writer comments; nobody but an app writes checks."""
    reader, writer = sandbox.sign_in("octo-reader"), sandbox.sign_in("octo-writer")
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})

    def post(token: str, path: str, body: dict[str, Any]) -> int:
        headers = {"Authorization": f"token {token}"}
        return httpx.post(f"{sandbox.url}/repos/{REPO}{path}", headers=headers, json=body).status_code

    assert _get(sandbox, f"/repos/{REPO}", reader).json()["permissions"]["push"] is False
    assert post(reader, f"/issues/{number}/labels", {"labels": ["bug"]}) == 403
    assert post(writer, f"/issues/{number}/labels", {"labels": ["bug"]}) == 200
    assert post(writer, "/check-runs", {"name": "x", "head_sha": "0" * 40}) == 403
    assert _get(sandbox, "/installation/repositories", writer).status_code == 403


def test_an_app_is_made_from_a_manifest(bare: Sandbox) -> None:
    """A code is converted once: the answer has the private key and the webhook's secret."""
    manifest = {"name": "mine", "url": "https://example.org", "hook_attributes": {"url": "http://127.0.0.1:9/webhook"}}
    bare.manifest("abc", {**manifest, "default_permissions": {"issues": "write"}, "default_events": ["push"]})

    made = httpx.post(f"{bare.url}/app-manifests/abc/conversions")

    assert made.status_code == 201
    told = made.json()
    assert told["pem"].startswith("-----BEGIN RSA PRIVATE KEY-----")
    now = int(time.time())
    signed = jwt.encode({"iat": now, "exp": now + 60, "iss": told["client_id"]}, told["pem"], algorithm="RS256")
    app = _get(bare, "/app", signed).json()
    assert (app["slug"], app["events"], app["permissions"]["issues"]) == ("mine", ["push"], "write")
    assert httpx.post(f"{bare.url}/app-manifests/abc/conversions").status_code == 404
