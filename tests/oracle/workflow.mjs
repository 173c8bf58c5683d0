// GitHub's own parser of workflow files. Reads a JSON object of name -> text from standard input, and prints what it
// says of each: an object with `errors` and, if there are none, the `template`.
// Environment: MODULES (where node_modules is).
import { readFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import { pathToFileURL } from "node:url";

// The package imports JSON without saying so, which Node refuses.
const hook = `export const load = (url, context, next) =>
  next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
const folder = pathToFileURL(`${process.env.MODULES}/node_modules/@actions/workflow-parser/`);
const { exports } = createRequire(import.meta.url)(new URL("package.json", folder).pathname);
const { parseWorkflow, convertWorkflowTemplate } = await import(new URL(exports["."].import, folder));

const trace = { info() {}, verbose() {}, error() {} };

async function read(content) {
  const { context, value } = parseWorkflow({ name: "workflow.yml", content }, trace);
  const template = context.errors.getErrors().length ? undefined : await convertWorkflowTemplate(context, value);
  return { errors: context.errors.getErrors().map((error) => error.message), template };
}

const texts = Object.entries(JSON.parse(readFileSync(0, "utf8")));
console.log(JSON.stringify(Object.fromEntries(await Promise.all(texts.map(async ([key, text]) => [key, await read(text)])))));
