import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "@jest/globals";
import { isBroken, type Verdict } from "../../harness/catalogue.ts";
import { program } from "../servers/program.ts";
import type { Right } from "./deaths.ts";
import { cli, freePort } from "./process.ts";
import { closing, cwd } from "./workspace.ts";

const SERVER = resolve("tests/servers/dying.js");

/** The parts of report.json that a test reads. */
interface Told {
  readonly verdict: Verdict;
  readonly stop?: { readonly suspects?: readonly string[] };
  readonly requirements: readonly { id: string; verdict: Verdict }[];
  readonly cases: readonly {
    id: string;
    verdict: Verdict;
    unstable?: boolean;
    unconfirmed?: boolean;
    checks: readonly { requirement: string; verdict: Verdict }[];
    connections: readonly { events: readonly { from: string; type: string; data?: string }[] }[];
  }[];
}

/** The requirements that the end of a server, or of others' connections, breaks. It depends on the case which. */
export const HARM = ["malformed.survives", "transport.survives", "disconnect.isolated"];

/** Runs the whole command. */
async function run(url: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await cli(cwd, ["run", url, ...args]);
  const told: Told = JSON.parse(readFileSync(join(cwd, "tachyon-report", "report.json"), "utf8"));
  return { code, stdout, stderr, told };
}

/** Runs the command, which starts the server. */
export async function started(on: readonly string[], ...args: readonly string[]) {
  const port = await freePort();
  return run(`ws://127.0.0.1:${port}`, "--start", `${process.execPath} ${SERVER} ${flags(on, port)}`, ...args);
}

/** Runs the command against a server that runs already. */
export async function found(on: readonly string[], ...args: readonly string[]) {
  const port = await freePort();
  const { url, close } = await program(SERVER, ...flags(on, port).split(" "));
  closing.push(close);
  return run(url, ...args);
}

const flags = (on: readonly string[], port: number) =>
  [`--port ${port}`, ...on.map((it) => (it.startsWith("--") ? it : `--on ${it}`))].join(" ");

/** Expects that these cases fail by harm alone, that nothing else is broken or doubtful, and that the run was complete. */
export function expectCulprits({ code, stdout, stderr, told }: Awaited<ReturnType<typeof run>>, right: Right): void {
  const { culprits, alike = /^$/, also = [], says = [] } = right;
  const named = [...HARM, ...also];
  const failed = told.cases.filter(isBroken);
  const ids = failed.map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining([...culprits]));
  const innocent = failed.filter((it) => !culprits.includes(it.id) && !sentBy(it).some((sent) => alike.test(sent)));
  expect(innocent.map(({ id }) => id)).toEqual([]);
  const checks = failed.flatMap((it) => it.checks.filter(isBroken).map(({ requirement }) => requirement));
  expect(checks.filter((id) => !named.includes(id))).toEqual([]);
  expect(told.requirements.filter(isBroken).filter(({ id }) => !named.includes(id))).toEqual([]);
  expect(told.cases.filter(({ verdict }) => verdict === "error").map(({ id }) => id)).toEqual([]);
  expect(told.cases.filter((it) => it.unstable || it.unconfirmed).map(({ id }) => id)).toEqual([]);
  expect(told).toMatchObject({ verdict: "fail" });
  expect(told.stop).toBeUndefined();
  for (const words of says) expect(stdout).toMatch(words);
  for (const id of culprits) expect(stdout).toContain(id);
  // Whoever waits is told once why it takes so long.
  expect(stderr.match(/^tachyon-conformance: .*\. The suite looks for the input that did it\.$/gm)).toHaveLength(1);
  expect(code).toBe(1);
}

/** Returns the id of a case, and every text that its client sent. */
const sentBy = ({ id, connections }: Told["cases"][number]) => [
  id,
  ...connections.flatMap(({ events }) =>
    events.flatMap(({ from, type, data }) => (from === "client" && type === "text" && data ? [data] : [])),
  ),
];
