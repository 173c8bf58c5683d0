"""Releases and their files as GitHub shows them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

from app.sandbox.body.account import show_account

if TYPE_CHECKING:
    from app.sandbox.model import Asset, Json, Release
    from app.sandbox.world import World

UPLOADS = "/api/uploads"
"""Where files are sent to: an Enterprise Server has a folder of its own for them, github.com a host of its own."""


def show_asset(world: World, asset: Asset) -> Json:
    """Return a file of a release."""
    release, full = asset.release, asset.release.repository.full_name
    return {
        "url": f"{world.api}/repos/{full}/releases/assets/{asset.id}",
        "id": asset.id,
        "node_id": asset.node,
        "name": asset.name,
        "label": asset.label,
        "uploader": show_account(world, asset.account),
        "content_type": asset.kind,
        "state": asset.state,
        "size": len(asset.data),
        "digest": f"sha256:{hashlib.sha256(asset.data).hexdigest()}",
        "download_count": 0,
        "created_at": asset.created,
        "updated_at": asset.created,
        "browser_download_url": f"{world.url}/{full}/releases/download/{quote(release.tag)}/{quote(asset.name)}",
    }


def show_release(world: World, release: Release) -> Json:
    """Return a release with its files."""
    full = release.repository.full_name
    url, page = f"{world.api}/repos/{full}/releases/{release.id}", f"{world.url}/{full}/releases/tag"
    balls = None if release.draft else f"{world.api}/repos/{full}"
    return {
        "url": url,
        "assets_url": f"{url}/assets",
        "upload_url": f"{world.url}{UPLOADS}/repos/{full}/releases/{release.id}/assets{{?name,label}}",
        "html_url": f"{page}/untagged-{release.id}" if release.draft else f"{page}/{quote(release.tag)}",
        "id": release.id,
        "author": show_account(world, release.account),
        "node_id": release.node,
        "tag_name": release.tag,
        "target_commitish": release.target,
        "name": release.name,
        "draft": release.draft,
        "prerelease": release.prerelease,
        "immutable": False,
        "created_at": release.created,
        "published_at": release.published,
        "assets": [show_asset(world, asset) for asset in release.assets],
        "tarball_url": balls and f"{balls}/tarball/{quote(release.tag)}",
        "zipball_url": balls and f"{balls}/zipball/{quote(release.tag)}",
        "body": release.body,
    }
