"""The state of the sandbox in one place to import from: plain values, without behaviour of their own."""

from __future__ import annotations

from app.sandbox.actor import (
    ROLES,
    Account,
    Actor,
    App,
    Installation,
    Json,
    Method,
    Refusal,
    Role,
    Token,
    Unserved,
    name_node,
)
from app.sandbox.issue import AutoMerge, Comment, Entry, Issue, Label, Pull, Reaction
from app.sandbox.release import Asset, Release
from app.sandbox.repository import Repository, Settings
from app.sandbox.review import Review, ReviewComment, Thread
from app.sandbox.traffic import Delivery, Exchange
from app.sandbox.work import Artifact, CheckRun, CheckSuite, Job, Required, Runner, Workflow, WorkflowRun

__all__ = [
    "ROLES",
    "Account",
    "Actor",
    "App",
    "Artifact",
    "Asset",
    "AutoMerge",
    "CheckRun",
    "CheckSuite",
    "Comment",
    "Delivery",
    "Entry",
    "Exchange",
    "Installation",
    "Issue",
    "Job",
    "Json",
    "Label",
    "Method",
    "Pull",
    "Reaction",
    "Refusal",
    "Release",
    "Repository",
    "Required",
    "Review",
    "ReviewComment",
    "Role",
    "Runner",
    "Settings",
    "Thread",
    "Token",
    "Unserved",
    "Workflow",
    "WorkflowRun",
    "name_node",
]
