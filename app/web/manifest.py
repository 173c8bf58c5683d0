"""The App as GitHub is asked to make it, and the page on which a person says yes. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

PERMISSIONS = {
    "checks": ("write", "verdicts stand in check runs"),
    "contents": ("write", "commits to branches of the App's own; tags and releases where they are asked for"),
    "issues": ("write", "status comments, reactions and labels on pull requests"),
    "merge_queues": ("read", "without it GitHub sends no merge_group, and a merge queue waits for the check"),
    "metadata": ("read", "GitHub gives it to every App"),
    "pull_requests": ("write", "discharges and amendments are pull requests"),
}
"""What the App may do, and why: the least that its work needs. It may not touch workflows, settings or members."""
ACTIONS = {"actions": ("write", "runs on GitHub Actions: a workflow is dispatched, followed and cancelled")}
"""What it may do besides, for runs on GitHub Actions, and one of the two below."""
OF_ORGANIZATION = {"organization_self_hosted_runners": ("write", "a runner for each, registered with the organization")}
OF_PERSON = {
    "administration": ("write", "a runner for each, registered with its repository; it may also delete the repository")
}
_WHY = {name: why for each in (PERMISSIONS, ACTIONS, OF_ORGANIZATION, OF_PERSON) for name, (_, why) in each.items()}
_UNASKED = ("installation", "ping")
"""What every App is told without asking."""
_OF_ACTIONS = "workflow_job"
"""What only an App may ask for that has the permission `actions`."""
_LONGEST_NAME = 34
_STYLE = """
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top }
button { font: inherit; padding: .6rem 1.2rem; cursor: pointer }
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the App is to be allowed, permission → access, and what it is to be told of, sorted."""

    permissions: Mapping[str, str]
    events: tuple[str, ...]


def wish(organization: str, events: frozenset[str], *, actions: bool) -> Wish:
    """Return what GitHub is asked for.

    Args:
        organization: whose App it will be; empty for the person's own, which only serves repositories of that person.
        events: the events that are read; those that every App gets unasked cannot be asked for.
        actions: whether runs on GitHub Actions are wanted.
    """
    more = ACTIONS | (OF_ORGANIZATION if organization else OF_PERSON) if actions else {}
    permissions = {name: access for name, (access, _) in sorted((PERMISSIONS | more).items())}
    told = {event for event in events if not event.startswith(_UNASKED) and (actions or event != _OF_ACTIONS)}
    return Wish(permissions, tuple(sorted(told)))


def find_site(github: str) -> str:
    """Return the address of the pages that belong to a REST interface, on github.com or on an Enterprise Server."""
    parts = urlsplit(github)
    host = parts.netloc.removeprefix("api.")
    return f"{parts.scheme}://{host}{parts.path.removesuffix('/api/v3')}"


def draft(organization: str, site: str, address: str, back: str, wished: Wish) -> dict[str, Any]:
    """Return the manifest (https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest).

    Args:
        organization: whose App it will be; empty for the person's own.
        site: the address of GitHub's pages.
        address: where the service will be reached from GitHub; empty: nothing is sent until somebody enters it there.
        back: where GitHub sends the person back to.
        wished: what it is to be allowed, and to be told of.
    """
    hook = {"hook_attributes": {"url": f"{address.rstrip('/')}/webhook", "active": True}} if address else {}
    return {
        "name": f"discharge-{organization}".strip("-")[:_LONGEST_NAME],
        "description": "Turns promises about models into evidence.",
        "url": address or f"{site}/{organization}".rstrip("/"),
        "redirect_url": back,
        "public": False,
        "default_permissions": dict(wished.permissions),
        "default_events": list(wished.events),
        **hook,
    }


def invite(manifest: Mapping[str, Any], organization: str, site: str, state: str) -> str:
    """Return the page with the form that gives *manifest* to GitHub; *state* comes back with the answer."""
    owner = f"/organizations/{quote(organization, safe='')}" if organization else ""
    action = f"{site}{owner}/settings/apps/new?state={quote(state, safe='')}"
    allowed = manifest["default_permissions"].items()
    rows = "".join(f"<tr><th>{name}<td>{access}<td>{escape(_WHY[name])}" for name, access in allowed)
    events = ", ".join(manifest["default_events"])
    return show(
        "Make the App",
        f"<p>GitHub will ask for its name, and nothing else. It can do this, in the repositories that you choose:"
        f"<table>{rows}</table><p>It is told of: {escape(events)}."
        f'<form method="post" action="{escape(action)}">'
        f'<input type="hidden" name="manifest" value="{escape(json.dumps(manifest))}">'
        f"<button>Make it on {escape(urlsplit(site).netloc)}</button></form>",
    )


def show(title: str, content: str) -> str:
    """Return a page; *content* is HTML in which everything that came from outside is escaped already."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    return f'<!doctype html><html lang="en">{head}<style>{_STYLE}</style><main><h1>{escape(title)}</h1>{content}</main>'
