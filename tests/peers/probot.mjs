// A Probot app as its documentation shows one: signature check, parse, a handler that does nothing.
import { createServer } from "node:http";
import { createNodeMiddleware, createProbot } from "probot";

const { PORT, SECRET, PRIVATE_KEY } = process.env;
const probot = createProbot({ overrides: { appId: 1, privateKey: PRIVATE_KEY, secret: SECRET, logLevel: "fatal" } });
const app = (robot) => robot.on("issue_comment.created", async () => {});
const middleware = await createNodeMiddleware(app, { probot, webhooksPath: "/webhook" });
createServer((request, response) => {
  middleware(request, response, () => response.writeHead(404).end());
}).listen(Number(PORT), "127.0.0.1");
