"""Tags and releases: made, published, given files, and taken away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from app.sandbox.act.branch import Move, move, sign_as
from app.sandbox.act.text import invalid
from app.sandbox.commit import Tag
from app.sandbox.model import Asset, Refusal, Release

if TYPE_CHECKING:
    from app.sandbox.model import Actor, Json, Repository
    from app.sandbox.world import World

BODY_LIMIT = 125_000
_NAMES = {"name": "name", "body": "body", "tag": "tag_name", "target": "target_commitish", "prerelease": "prerelease"}
"""What can be changed: as it is kept, and as GitHub calls it."""
_ODD = re.compile(r"[^A-Za-z0-9._+@-]+")
_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|(?:^|/)\.|\.(?:lock)?(?:/|$)|^[/-]|/$")


def tag(world: World, actor: Actor, repository: Repository, name: str, put: tuple[str, str]) -> None:
    """Put a tag on a commit; *put* is that and a message, empty for none: with one it is an object of its own."""
    sha, message = put
    if message:
        sha = repository.store.write_tag(Tag("", sha, "commit", name, sign_as(world, actor.account), message))
    move(world, actor, repository, Move(f"refs/tags/{name}", sha, None))


def break_off(world: World, actor: Actor, release: Release, name: str) -> None:
    """Leave what an upload leaves that broke off: a file without content that takes its name."""
    left = Asset(world.number("asset"), release, actor.account, name, None, "text/plain", b"", world.now(), "open")
    release.assets.append(world.keep(left))


def create_release(world: World, actor: Actor, repository: Repository, wish: Json) -> Release:
    """Make a release, published unless it is a draft; its tag is made then if it is not there."""
    target = wish.get("target_commitish") or repository.branch
    made = Release(
        world.number("release"), repository, actor.account, wish["tag_name"], target, None, None, world.now()
    )
    _set(made, wish)
    _check(world, made)
    if not wish.get("draft", False):
        _publish(world, actor, made, wish)
    repository.releases[made.id] = world.keep(made)
    return made


def edit_release(world: World, actor: Actor, release: Release, wish: Json) -> None:
    """Change a release; `draft: false` publishes it."""
    before = {key: getattr(release, key) for key in _NAMES}
    _set(release, wish)
    try:
        _check(world, release)
        if release.draft and wish.get("draft") is False:
            _publish(world, actor, release, wish)
    except Refusal:
        for key, value in before.items():
            setattr(release, key, value)
        raise


def _set(release: Release, wish: Json) -> None:
    for key, name in _NAMES.items():
        if wish.get(name) is not None:
            setattr(release, key, wish[name])


def _check(world: World, release: Release) -> None:
    """Refuse what GitHub refuses of a release's words."""
    if _REF.search(release.tag) or not release.tag:
        raise invalid("Release", "tag_name", "custom", "tag_name is not a valid tag")
    if len(release.body or "") > BODY_LIMIT:
        raise invalid("Release", "body", "custom", f"body is too long (maximum is {BODY_LIMIT} characters)")
    try:
        world.commit(release.repository, release.target)
    except Refusal as refusal:
        raise invalid("Release", "target_commitish", "invalid") from refusal


def _publish(world: World, actor: Actor, release: Release, wish: Json) -> None:
    repository, ref = release.repository, f"refs/tags/{release.tag}"
    if any(each.tag == release.tag and not each.draft for each in repository.releases.values()):
        raise invalid("Release", "tag_name", "already_exists")
    if ref not in repository.store.refs:
        move(world, actor, repository, Move(ref, world.commit(repository, release.target).sha, None))
    release.published = world.now()
    if wish.get("make_latest", "true") != "false" and not release.prerelease:
        for each in repository.releases.values():
            each.latest = False
        release.latest = True


def delete_release(release: Release) -> None:
    """Take a release away; its tag stays."""
    del release.repository.releases[release.id]


def upload(world: World, actor: Actor, release: Release, name: str, sent: tuple[bytes, str, Any]) -> Asset:
    """Give a release a file; *sent* is its content, its media type, and its label or None."""
    data, kind, label = sent
    known = _ODD.sub(".", name).strip(".")
    if not known:
        raise invalid("ReleaseAsset", "name", "missing_field")
    if not data:
        raise invalid("ReleaseAsset", "size", "custom", "size must be greater than or equal to 1")
    if any(asset.name == known for asset in release.assets):
        raise invalid("ReleaseAsset", "name", "already_exists")
    made = Asset(world.number("asset"), release, actor.account, known, label, kind, data, world.now())
    release.assets.append(world.keep(made))
    return made


def delete_asset(asset: Asset) -> None:
    """Take a file away from its release."""
    asset.release.assets.remove(asset)
