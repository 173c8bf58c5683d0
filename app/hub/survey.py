"""What a survey's answer says, as values: from GraphQL's JSON to `app.github`'s types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.github import Check, Pull, Said, Survey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Json = dict[str, Any]


def read(repository: Json, said: Iterable[Json], pulls: Sequence[Json], commits: int) -> Survey:
    """Return the survey of a repository.

    Args:
        repository: the field `repository` of the answer to `app.hub.query.survey`.
        said: all comments that were read, oldest first.
        pulls: all open pull requests that were read.
        commits: how many further commits were asked about.
    """
    pull = repository.get("pullRequest")
    reference = repository["defaultBranchRef"] or {"name": "", "target": {"oid": ""}}
    asked = [repository[f"c{n}"] for n in range(commits)]
    own = [node["commit"] for node in pull["commits"]["nodes"]] + [pull["mergeCommit"]] if pull else []
    checks = {check.id: check for commit in [*own, *asked] if commit for check in read_checks(commit)}
    everybody = tuple(read_pull(other) for other in pulls)
    return Survey(
        branch=reference["name"],
        head=reference["target"]["oid"],
        pull=read_pull(pull) if pull else None,
        said=tuple(map(read_said, said)),
        pulls=tuple(other for other in everybody if other.own),
        open=everybody,
        checks=tuple(checks.values()),
    )


def read_pull(pull: Json) -> Pull:
    """Return one pull request."""
    return Pull(
        number=pull["number"],
        node=pull["id"],
        state=pull["state"],
        title=pull["title"],
        body=pull["body"],
        author=_login(pull),
        own=pull["viewerDidAuthor"],
        fork=pull["isCrossRepository"],
        branch=pull["headRefName"],
        head=pull["headRefOid"],
        base=pull["baseRefName"],
        landed=pull["mergeCommit"]["oid"] if pull["state"] == "MERGED" and pull["mergeCommit"] else None,
        labels=tuple(label["name"] for label in pull["labels"]["nodes"]),
        auto_merge=pull["autoMergeRequest"] is not None,
    )


def read_said(comment: Json) -> Said:
    """Return one comment."""
    number = int(comment["fullDatabaseId"])
    return Said(number, _login(comment), comment["viewerDidAuthor"], comment["body"])


def read_checks(commit: Json) -> Iterator[Check]:
    """Yield the check runs of this app at one commit; state and conclusion in REST's small letters."""
    for suite in (commit.get("checkSuites") or {"nodes": []})["nodes"]:
        for run in suite["checkRuns"]["nodes"]:
            yield Check(
                id=run["databaseId"],
                name=run["name"],
                head=commit["oid"],
                key=run["externalId"] or "",
                status=run["status"].lower(),
                conclusion=(run["conclusion"] or "").lower(),
                title=run["title"] or "",
                summary=run["summary"] or "",
                text=run["text"] or "",
            )


def _login(thing: Json) -> str:
    """Return who wrote something; an account that is gone is shown as GitHub shows it."""
    return thing["author"]["login"] if thing["author"] else "ghost"
