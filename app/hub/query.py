"""Every GraphQL document that this app sends. Text only; who sends it says what for."""

from __future__ import annotations

COMMITS = 10
"""A survey looks at the check runs of at most so many further commits."""

_PULL = """
fragment pull on PullRequest {
  id number state title body viewerDidAuthor isCrossRepository
  author { login }
  headRefName headRefOid baseRefName
  mergeCommit { oid }
  labels(first: 100) { nodes { name } }
  autoMergeRequest { enabledAt }
}
"""
_SAID = """
fragment said on IssueComment { fullDatabaseId viewerDidAuthor author { login } body }
"""
_CHECKS = """
fragment checks on Commit {
  oid
  checkSuites(first: 10, filterBy: {appId: $app}) {
    nodes {
      checkRuns(first: 100, filterBy: {checkType: ALL}) {
        nodes { databaseId name status conclusion externalId title summary text }
      }
    }
  }
}
"""
_SURVEY = """
query Survey($owner: String!, $name: String!, $number: Int!, $asked: Boolean!, $app: Int!%s) {
  repository(owner: $owner, name: $name) {
    id
    defaultBranchRef { name target { oid } }
    pullRequest(number: $number) @include(if: $asked) {
      ...pull
      comments(last: 100) { pageInfo { hasPreviousPage startCursor } nodes { ...said } }
      mergeCommit { ...checks }
      commits(last: 1) { nodes { commit { ...checks } } }
    }
    pullRequests(states: OPEN, first: 100, orderBy: {field: CREATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes { ...pull }
    }
%s  }
}
"""


def survey(commits: int) -> str:
    """Return the document of a survey with so many further commits, whose hashes are `$c0`, `$c1`, and so on."""
    variables = "".join(f", $c{n}: GitObjectID!" for n in range(commits))
    fields = "".join(f"    c{n}: object(oid: $c{n}) {{ ...checks }}\n" for n in range(commits))
    return _SURVEY % (variables, fields) + _PULL + _SAID + _CHECKS


COMMENTS = (
    """
query Comments($owner: String!, $name: String!, $number: Int!, $before: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      comments(last: 100, before: $before) { pageInfo { hasPreviousPage startCursor } nodes { ...said } }
    }
  }
}
"""
    + _SAID
)
PULLS = (
    """
query Pulls($owner: String!, $name: String!, $after: String!) {
  repository(owner: $owner, name: $name) {
    pullRequests(states: OPEN, first: 100, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes { ...pull }
    }
  }
}
"""
    + _PULL
)
LABELLED = 100
"""The labels of at most so many pull requests are asked for at once."""


def labels(numbers: int) -> str:
    """Return the document that asks for the labels of so many pull requests, whose numbers are `$n0`, `$n1`, …."""
    variables = "".join(f", $n{n}: Int!" for n in range(numbers))
    fields = "".join(f"    n{n}: pullRequest(number: $n{n}) {{ ...labelled }}\n" for n in range(numbers))
    fragment = "fragment labelled on PullRequest { number labels(first: 100) { nodes { name } } }\n"
    head = f"query Labels($owner: String!, $name: String!{variables}) {{\n  repository(owner: $owner, name: $name) {{\n"
    return f"{head}{fields}  }}\n}}\n{fragment}"


STATE = """
query State($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      state headRefOid mergeStateStatus isInMergeQueue
      mergeCommit { oid }
      autoMergeRequest { enabledAt }
    }
  }
}
"""
THREADS = """
query Threads($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      headRefOid
      reviewThreads(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { path line isOutdated isResolved comments(first: 1) { nodes { viewerDidAuthor body } } }
      }
    }
  }
}
"""
COMMIT = """
mutation Commit($commit: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $commit) { commit { oid signature { isValid } } }
}
"""
START = """
mutation Start($ref: CreateRefInput!, $commit: CreateCommitOnBranchInput!) {
  createRef(input: $ref) { ref { name } }
  createCommitOnBranch(input: $commit) { commit { oid signature { isValid } } }
}
"""
MOVE = """
mutation Move($refs: UpdateRefsInput!) {
  updateRefs(input: $refs) { clientMutationId }
}
"""
AUTO_MERGE = """
mutation AutoMerge($pull: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $pull) { clientMutationId }
}
"""
HOLD = """
mutation Hold($pull: DisablePullRequestAutoMergeInput!) {
  disablePullRequestAutoMerge(input: $pull) { clientMutationId }
}
"""
ENQUEUE = """
mutation Enqueue($pull: EnqueuePullRequestInput!) {
  enqueuePullRequest(input: $pull) { clientMutationId }
}
"""
DOCUMENTS = (
    survey(0),
    survey(COMMITS),
    COMMENTS,
    THREADS,
    PULLS,
    labels(1),
    labels(LABELLED),
    STATE,
    COMMIT,
    START,
    MOVE,
    AUTO_MERGE,
    HOLD,
    ENQUEUE,
)
"""All of them, to be held against GitHub's schema."""
