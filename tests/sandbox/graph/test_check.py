"""Check suites and check runs, found at a commit by app, name and state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.sandbox.act.check import create_check, update_check

if TYPE_CHECKING:
    from app.sandbox.model import CheckRun
    from tests.sandbox.graph.asker import Asker

NOTE = {
    "path": "README.md",
    "start_line": 1,
    "end_line": 2,
    "annotation_level": "failure",
    "message": "This is no greeting.",
    "title": "greeting",
}
RUN = "databaseId name status conclusion externalId title summary text startedAt completedAt"


def draft(asker: Asker, name: str, **more: Any) -> CheckRun:
    """Have the app write a check run at the first commit."""
    wish = {"name": name, "head_sha": asker.first, "external_id": f"run-{name}", **more}
    return create_check(asker.world, asker.token.actor, asker.repository, wish)


def suites(asker: Asker, suite_filter: str, run_filter: str, fields: str = "name") -> list[dict[str, Any]]:
    """Return the suites of the first commit, each with its runs."""
    told = asker.ask(
        f'{{ repository(owner: "acme", name: "speak") {{ object(oid: "{asker.first}") {{ ... on Commit {{ '
        f"checkSuites(first: 9{suite_filter}) {{ nodes {{ app {{ databaseId slug name }} status conclusion "
        f"checkRuns(first: 9{run_filter}) {{ nodes {{ {fields} }} }} }} }} }} }} }} }}"
    )
    return list(told["repository"]["object"]["checkSuites"]["nodes"])


def test_a_check_run_is_told_whole(asker: Asker) -> None:
    """Everything that the bot keeps in a check run comes back, and its annotations."""
    output = {"title": "held", "summary": "All held.", "text": "| a |", "annotations": [NOTE]}
    run = draft(asker, "discharge", status="completed", conclusion="action_required", output=output)

    fields = f"{RUN} id detailsUrl url permalink repository {{ name }} checkSuite {{ id commit {{ oid }} }}"
    fields += " annotations(first: 5) { nodes { path annotationLevel message title rawDetails"
    fields += " location { start { line column } end { line } } } }"
    (suite,) = suites(asker, "", "", fields)
    (told,) = suite["checkRuns"]["nodes"]

    assert (suite["status"], suite["conclusion"]) == ("COMPLETED", "ACTION_REQUIRED")
    assert suite["app"] == {"databaseId": asker.app.id, "slug": "discharge", "name": "discharge"}
    assert (told["databaseId"], told["externalId"]) == (run.id, "run-discharge")
    assert (told["status"], told["conclusion"]) == ("COMPLETED", "ACTION_REQUIRED")
    assert (told["title"], told["summary"], told["text"]) == ("held", "All held.", "| a |")
    assert told["completedAt"] == "2026-05-04T13:06:40Z"
    assert told["url"] == told["permalink"] == f"http://127.0.0.1:1/acme/speak/runs/{run.id}"
    assert told["checkSuite"]["commit"] == {"oid": asker.first}
    assert told["annotations"]["nodes"] == [
        {
            "path": "README.md",
            "annotationLevel": "FAILURE",
            "message": "This is no greeting.",
            "title": "greeting",
            "rawDetails": None,
            "location": {"start": {"line": 1, "column": None}, "end": {"line": 2}},
        }
    ]


def test_a_queued_run_has_no_conclusion(asker: Asker) -> None:
    """Null is told where nothing is known yet."""
    draft(asker, "discharge")
    (suite,) = suites(asker, "", "", RUN)

    assert (suite["status"], suite["conclusion"]) == ("QUEUED", None)
    assert suite["checkRuns"]["nodes"][0]["conclusion"] is None
    assert suite["checkRuns"]["nodes"][0]["title"] is None


def test_suites_are_filtered_by_app_and_by_check(asker: Asker) -> None:
    """Only this app's, only those with a run of that name."""
    draft(asker, "discharge")
    mine, other = asker.app.id, asker.app.id + 1

    assert len(suites(asker, f", filterBy: {{appId: {mine}}}", "")) == 1
    assert suites(asker, f", filterBy: {{appId: {other}}}", "") == []
    assert len(suites(asker, ', filterBy: {checkName: "discharge"}', "")) == 1
    assert suites(asker, ', filterBy: {checkName: "lint"}', "") == []


def test_runs_are_filtered_by_what_is_known_of_them(asker: Asker) -> None:
    """By name, app, status, conclusion; all of them, or the newest of each name."""
    update_check(asker.world, asker.token.actor, draft(asker, "discharge"), {"conclusion": "failure"})
    draft(asker, "discharge", conclusion="success")
    draft(asker, "lint")

    def found(run_filter: str) -> list[str]:
        (suite,) = suites(asker, "", f", filterBy: {{{run_filter}}}", "name conclusion")
        return [f"{run['name']}={run['conclusion']}" for run in suite["checkRuns"]["nodes"]]

    assert found("checkType: ALL") == ["discharge=FAILURE", "discharge=SUCCESS", "lint=None"]
    assert found("checkType: LATEST") == ["discharge=SUCCESS", "lint=None"]
    assert found('checkName: "lint"') == ["lint=None"]
    assert found(f"appId: {asker.app.id + 1}") == []
    assert found("status: COMPLETED") == ["discharge=FAILURE", "discharge=SUCCESS"]
    assert found("statuses: [QUEUED, IN_PROGRESS]") == ["lint=None"]
    assert found("conclusions: [FAILURE]") == ["discharge=FAILURE"]


def test_a_suite_knows_branch_and_pull_requests(asker: Asker) -> None:
    """A suite begun by a push names its branch; one of a commit that no branch stands at names none."""
    head = asker.commit("topic", {"a.md": "a\n"})
    asker.open("topic")
    fields = (
        "branch { name } matchingPullRequests(first: 3) { nodes { number } } repository { name } createdAt updatedAt"
    )
    told = asker.ask(
        f'{{ repository(owner: "acme", name: "speak") {{ object(oid: "{head}") {{ ... on Commit {{ '
        f"checkSuites(first: 1) {{ nodes {{ {fields} }} }} }} }} }} }}"
    )
    (suite,) = told["repository"]["object"]["checkSuites"]["nodes"]

    assert suite["branch"] == {"name": "topic"}
    assert suite["matchingPullRequests"] == {"nodes": [{"number": 1}]}
    (begun,) = (each for each in asker.repository.suites.values() if each.head == head)
    begun.branch = None
    told = asker.ask(f'{{ node(id: "{begun.node}") {{ ... on CheckSuite {{ branch {{ name }} }} }} }}')
    assert told["node"] == {"branch": None}
