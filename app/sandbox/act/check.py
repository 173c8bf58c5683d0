"""Check runs: writing them within GitHub's limits, and asking for them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.act.queue import tend, tend_queue
from app.sandbox.act.suite import add_suite
from app.sandbox.act.text import invalid
from app.sandbox.body.check import show_sent_check, show_sent_suite
from app.sandbox.hook import tell
from app.sandbox.model import CheckRun, Refusal
from app.sandbox.standing import conclude

if TYPE_CHECKING:
    from app.sandbox.model import Actor, CheckSuite, Json, Repository
    from app.sandbox.world import World

TEXT_LIMIT = 65_535
NOTE_LIMIT = 50
BUTTON_LIMITS = {"label": 20, "description": 40, "identifier": 20}
_STATUS = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
_CONCLUSION = ("success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required")
_LEVEL = ("notice", "warning", "failure")
_BUTTONS = 3


def _refuse(said: str) -> Refusal:
    return Refusal(422, f"Invalid request.\n\n{said}")


def check_draft(wish: Json) -> None:
    """Refuse a check run that breaks one of GitHub's limits."""
    if wish.get("status", "queued") not in _STATUS:
        raise invalid("CheckRun", "status")
    if wish.get("conclusion") not in {None, *_CONCLUSION}:
        raise invalid("CheckRun", "conclusion")
    if wish.get("status") == "completed" and wish.get("conclusion") is None:
        raise _refuse("Missing required parameter `conclusion`.")
    output, actions = wish.get("output") or {}, wish.get("actions") or []
    if output and not {"title", "summary"} <= output.keys():
        missing = ", ".join(f'"{key}"' for key in ("title", "summary") if key not in output)
        raise _refuse(f"{missing} wasn't supplied.")
    for key in ("summary", "text"):
        if len(output.get(key) or "") > TEXT_LIMIT:
            raise _refuse(f"Only {TEXT_LIMIT} characters are allowed; {len(output[key])} were supplied.")
    _check_notes(output.get("annotations") or [])
    _check_buttons(actions)


def _check_notes(notes: list[Json]) -> None:
    if len(notes) > NOTE_LIMIT:
        raise _refuse(f"No more than {NOTE_LIMIT} items are allowed; {len(notes)} were supplied.")
    for note in notes:
        missing = {"path", "start_line", "end_line", "annotation_level", "message"} - note.keys()
        if missing:
            raise _refuse(f'"{min(missing)}" wasn\'t supplied.')
        if note["annotation_level"] not in _LEVEL:
            raise invalid("CheckAnnotation", "annotation_level")
        columns = note.get("start_column") is not None or note.get("end_column") is not None
        if note["end_line"] < note["start_line"] or (columns and note["start_line"] != note["end_line"]):
            raise invalid("CheckAnnotation", "end_line" if not columns else "start_column")


def _check_buttons(actions: list[Json]) -> None:
    if len(actions) > _BUTTONS:
        raise _refuse(f"No more than {_BUTTONS} items are allowed; {len(actions)} were supplied.")
    for action in actions:
        for key, limit in BUTTON_LIMITS.items():
            if len(action.get(key, "")) > limit:
                raise _refuse(f"Only {limit} characters are allowed; {len(action[key])} were supplied.")
            if not action.get(key):
                raise _refuse(f'"{key}" wasn\'t supplied.')


def create_check(world: World, actor: Actor, repository: Repository, wish: Json) -> CheckRun:
    """Make a check run of the acting app at a commit.

    Raises:
        Refusal: 403, nobody but an app can; 422, a limit is broken or the commit is not there.
    """
    if actor.app is None:
        raise Refusal(403, "You must authenticate via a GitHub App.", kind="FORBIDDEN")
    if not wish.get("name") or not wish.get("head_sha"):
        raise _refuse(f'"{"head_sha" if wish.get("name") else "name"}" wasn\'t supplied.')
    if "conclusion" in wish and "status" not in wish:
        wish = {**wish, "status": "completed"}
    check_draft(wish)
    if repository.store.commit(wish["head_sha"]) is None:
        raise Refusal(422, f"No commit found for SHA: {wish['head_sha']}")
    suite = add_suite(world, repository, actor.app, wish["head_sha"])
    now, key = world.now(), wish.get("external_id") or ""
    run = CheckRun(world.number("check"), suite, wish["name"], key, wish.get("details_url"), "queued", None, now, None)
    suite.runs.append(world.keep(run))
    repository.checks[run.id] = run
    _write(world, run, wish)
    _tell(world, actor, run, "created")
    if run.status == "completed":
        _complete(world, actor, run)
    return run


def update_check(world: World, actor: Actor, run: CheckRun, wish: Json) -> None:
    """Change a check run; annotations are added to those that are there.

    Raises:
        Refusal: 403, it is another app's; 422, a limit is broken.
    """
    if actor.app is not run.suite.app:
        raise Refusal(403, "Invalid app_id `" + str(actor.app.id if actor.app else "") + "` - check run can only be modified by the GitHub App that created it.", kind="FORBIDDEN")  # fmt: skip  # noqa: E501 - GitHub's sentence
    if "conclusion" in wish and "status" not in wish:
        wish = {**wish, "status": "completed"}
    check_draft(wish)
    before = run.status
    _write(world, run, wish)
    if run.status == "completed":
        if before != "completed":
            _tell(world, actor, run, "completed")
        _complete(world, actor, run)


def _write(world: World, run: CheckRun, wish: Json) -> None:
    for key in ("name", "external_id", "details_url", "status", "conclusion"):
        if key in wish:
            setattr(run, key, wish[key])
    output = wish.get("output") or {}
    for key in ("title", "summary", "text"):
        if key in output:
            setattr(run, key, output[key])
    run.annotations += output.get("annotations") or []
    run.actions = wish.get("actions", run.actions)
    run.started = wish.get("started_at", run.started)
    run.suite.updated = world.now()
    if run.status == "completed":
        run.completed = wish.get("completed_at") or run.completed or world.now()
    else:
        run.conclusion = run.completed = None


def _complete(world: World, actor: Actor, run: CheckRun) -> None:
    suite = run.suite
    if conclude(suite)[0] == "completed":
        shown = {"action": "completed", "check_suite": show_sent_suite(world, suite), "app": suite.app}
        tell(world, actor, suite.repository, "check_suite", shown)
    tend(world, suite.repository, suite.head)
    tend_queue(world, suite.repository, suite.head)


def _tell(world: World, actor: Actor, run: CheckRun, action: str, more: Json | None = None) -> None:
    shown = {"action": action, "check_run": show_sent_check(world, run), **(more or {})}
    tell(world, actor, run.suite.repository, "check_run", shown)


def rerequest_check(world: World, actor: Actor, run: CheckRun) -> None:
    """Ask the app of a check run to run it again."""
    _tell(world, actor, run, "rerequested", {"app": run.suite.app})


def rerequest_suite(world: World, actor: Actor, suite: CheckSuite) -> None:
    """Ask the app of a check suite to run all of it again."""
    shown = {"action": "rerequested", "check_suite": show_sent_suite(world, suite), "app": suite.app}
    tell(world, actor, suite.repository, "check_suite", shown)


def press(world: World, actor: Actor, run: CheckRun, identifier: str) -> None:
    """Press a button of a check run; raises `Refusal` 422 if it has no such button."""
    if identifier not in [action["identifier"] for action in run.actions]:
        raise invalid("CheckRun", "identifier")
    _tell(world, actor, run, "requested_action", {"requested_action": {"identifier": identifier}, "app": run.suite.app})
