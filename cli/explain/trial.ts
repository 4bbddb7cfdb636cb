import { door } from "../../harness/arrivals.ts";
import { host } from "../../harness/host.ts";
import type { Protocol } from "../../harness/protocol.ts";
import type { RunOptions } from "../../harness/run-options.ts";
import { type RunResult, run } from "../../harness/runner.ts";
import type { Case } from "../../harness/scenario.ts";
import { type Target, usersOf } from "../../harness/target.ts";
import { UnreachableError } from "../../harness/usage.ts";
import { makeReport } from "../../reports/make.ts";
import type { ReportCase } from "../../reports/report.ts";
import { quoted } from "../../reports/shell-commands.ts";
import { SUITE } from "../../reports/suite.ts";
import { DEFAULTS } from "../../running/defaults.ts";

/** The usual address of a server under test, which a trial shows instead of its own. */
export const USUAL = "ws://localhost:8080/";

/** The url of the reference server at the usual address, and the options by which a client comes as its first user. */
export async function usualOf(protocol: Protocol): Promise<{ readonly url: string; readonly options: string }> {
  const server = await protocol.serve();
  const { credentials = {} } = usersOf(server);
  await server.close();
  const options = Object.entries(credentials).map(([name, it]) => ` --credential ${quoted(`${name}: ${it}`)}`);
  return { url: new URL(new URL(server.url).pathname, USUAL).href, options: options.join("") };
}

/** Runs cases against the embedded reference server, with a fault or without, and returns them as a report holds them. */
export async function trial(
  protocol: Protocol,
  cases: readonly Case[],
  fault?: string,
  options: Partial<RunOptions> = {},
): Promise<readonly ReportCase[]> {
  const headers = fault === undefined ? {} : ((await protocol.faults())[fault]?.headers ?? {});
  const server = await protocol.serve({ fault });
  const result = await run(protocol, cases, {
    ...DEFAULTS,
    ...options,
    target: { ...named(server.url), headers, ...usersOf(server) },
  })
    .catch((error) => {
      if (fault !== undefined && error instanceof UnreachableError) return undefined;
      throw error;
    })
    .finally(server.close);
  return result ? reported(result, server.url, protocol) : []; // With the fault no client can connect.
}

/** Runs cases against the embedded reference client, and returns them as a report holds them. */
export async function trialOfClient(protocol: Protocol, cases: readonly Case[]): Promise<readonly ReportCase[]> {
  const entrance = door();
  const server = await protocol.listen?.({ arrived: entrance.arrived });
  if (!server) return [];
  try {
    const client = await protocol.come?.(server.url);
    const target = { ...named(server.url), headers: {}, door: entrance };
    const result = await host(protocol, cases, { ...DEFAULTS, target }).finally(() => client?.stop());
    return reported(result, server.url, protocol);
  } finally {
    await server.close();
  }
}

/** A url at this machine, which is told as the usual address. */
function named(url: string): Pick<Target, "url" | "secrets"> {
  const redact = (text: string) => text.replaceAll(new URL(url).host, new URL(USUAL).host);
  return { url: new URL(url), secrets: { add: () => {}, redact, follow: () => redact } };
}

const reported = (result: RunResult, url: string, protocol: Protocol): readonly ReportCase[] =>
  makeReport(result, { suite: SUITE, protocol, target: { url, embedded: true, strict: false } }).cases;
