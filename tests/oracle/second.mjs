// A second client: GitHub's own, for Node. It does one short story on the sandbox and checks what comes back.
// Environment: SANDBOX_URL, APP_ID, APP_KEY (a file), INSTALLATION_ID, MODULES (where node_modules is).
// It prints one JSON object; an assertion that fails ends it with status 1.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { SANDBOX_URL, APP_ID, APP_KEY, INSTALLATION_ID, MODULES } = process.env;
const require = createRequire(`${MODULES}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { createAppAuth } = await load("@octokit/auth-app");
const { Octokit } = await load("@octokit/rest");

const octokit = new Octokit({
  authStrategy: createAppAuth,
  auth: { appId: APP_ID, privateKey: readFileSync(APP_KEY, "utf8"), installationId: INSTALLATION_ID },
  baseUrl: SANDBOX_URL,
  log: { debug() {}, info() {}, warn() {}, error() {} },
});
const place = { owner: "acme", repo: "speak" };

const app = (await octokit.rest.apps.getAuthenticated()).data;
assert.equal(app.slug, "discharge");

const pulls = await octokit.paginate(octokit.rest.pulls.list, { ...place, state: "open", per_page: 1 });
assert.deepEqual(pulls.map((pull) => pull.number), [2, 1]);
const pull = pulls[1];
assert.equal(pull.head.ref, "topic");

const comment = (await octokit.rest.issues.createComment({ ...place, issue_number: 1, body: "Waiting." })).data;
assert.equal(comment.user.login, "discharge[bot]");
assert.equal(comment.performed_via_github_app.slug, "discharge");
const edited = (await octokit.rest.issues.updateComment({ ...place, comment_id: comment.id, body: "Held." })).data;
assert.equal(edited.body, "Held.");
await octokit.rest.reactions.createForIssueComment({ ...place, comment_id: comment.id, content: "eyes" });

const check = await octokit.rest.checks.create({
  ...place,
  name: "discharge",
  head_sha: pull.head.sha,
  status: "completed",
  conclusion: "success",
  external_id: "run-1",
  output: { title: "held", summary: "All held." },
});
assert.equal(check.status, 201);
const listed = (await octokit.rest.checks.listForRef({ ...place, ref: "topic", check_name: "discharge" })).data;
assert.deepEqual(listed.check_runs.map((run) => run.external_id), ["run-1"]);

const commit = await octokit.graphql(
  `mutation ($wish: CreateCommitOnBranchInput!) {
    createCommitOnBranch(input: $wish) { commit { oid signature { isValid } } }
  }`,
  {
    wish: {
      branch: { repositoryNameWithOwner: "acme/speak", branchName: "topic" },
      expectedHeadOid: pull.head.sha,
      message: { headline: "Discharge it" },
      fileChanges: { additions: [{ path: "evidence/a.md", contents: Buffer.from("seen\n").toString("base64") }] },
    },
  },
);
const { oid, signature } = commit.createCommitOnBranch.commit;
assert.equal(signature.isValid, true);
const ref = (await octokit.rest.git.getRef({ ...place, ref: "heads/topic" })).data;
assert.equal(ref.object.sha, oid);
const file = (await octokit.rest.repos.getContent({ ...place, path: "evidence/a.md", ref: "topic" })).data;
assert.equal(Buffer.from(file.content, "base64").toString(), "seen\n");

const stale = await octokit
  .graphql(`query { repository(owner: "acme", name: "none") { id } }`)
  .then(() => assert.fail("there is no such repository"), (error) => error);
assert.equal(stale.errors[0].type, "NOT_FOUND");
const missing = await octokit.rest.pulls.get({ ...place, pull_number: 99 }).catch((error) => error);
assert.equal(missing.status, 404);

const merged = (await octokit.rest.pulls.merge({ ...place, pull_number: 1, merge_method: "squash", sha: oid })).data;
assert.equal(merged.merged, true);

console.log(JSON.stringify({ comment: comment.id, check: check.data.id, commit: oid, merged: merged.sha }));
