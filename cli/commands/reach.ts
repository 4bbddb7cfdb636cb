import { probe } from "../../harness/execute.ts";
import type { Protocol } from "../../harness/protocol.ts";
import type { Target } from "../../harness/target.ts";
import { UsageError } from "../../harness/usage.ts";
import { redactor } from "../../reports/redact.ts";
import type { Interrupt } from "../interrupt.ts";
import { start } from "../start.ts";
import { credentials, readCertificates, resolves, targetHeaders, targetUrl } from "../target.ts";

/** The options that say which server is tested and how it is reached. */
export interface TargetArguments {
  readonly url?: string | undefined;
  readonly header?: readonly string[] | undefined;
  readonly credential?: readonly string[] | undefined;
  readonly ca?: string | undefined;
  readonly insecure: boolean;
  readonly start?: string | undefined;
  readonly startTimeout: number;
  readonly timeout: number;
}

/** A target that can be reached. */
export type Reached = Target & { readonly [Name in "credentials" | "redact"]-?: NonNullable<Target[Name]> };

/**
 * The target; one that the suite has to start itself is started, its output kept in `log`, and its end added to `closing`. Throws a
 * `UsageError`, or an `UnreachableError` where what was started does not accept connections.
 */
export async function reach(
  { url, header = [], credential = [], ca, insecure, start: command, startTimeout, timeout }: TargetArguments,
  log: string,
  { signal }: Interrupt,
  closing: (() => Promise<void>)[],
  protocol: Protocol,
): Promise<Reached> {
  const [headers, given] = await Promise.all([targetHeaders(header), targetHeaders(credential)]);
  const secrets = [...Object.values(headers), ...Object.values(given)];
  const tls = { insecure, ...(ca !== undefined && { ca: await readCertificates(ca) }) };
  if (url === undefined) {
    if (command !== undefined)
      throw new UsageError("--start needs the url that the server will listen at: run <url> --start …");
    const server = await protocol.serve();
    closing.push(server.close);
    return { url: new URL(server.url), headers, credentials: given, redact: redactor(secrets), ...tls };
  }
  const { url: bare, headers: basic, password } = credentials(targetUrl(url));
  const redact = redactor([...secrets, ...Object.values(basic), password]);
  // The user of the url is the weakest word on who comes.
  const target = { url: bare, headers: { ...basic, ...headers }, credentials: given, redact, ...tls };
  protocol.address(target.url);
  await resolves(target.url);
  if (command === undefined) return target;
  const ready = () => probe(protocol, target, timeout);
  const process = await start(command, { log, ready, within: startTimeout, signal });
  closing.push(process.stop);
  return { ...target, process };
}
