import { createHash } from "node:crypto";
import { isBroken } from "../../harness/catalogue.ts";
import type { Connection } from "../../harness/connection.ts";
import { dial } from "../../harness/dial.ts";
import { examine } from "../../harness/execute.ts";
import type { Check } from "../../harness/judge.ts";
import { catalogueOf, loadSuitesOf, type Protocol, type RunningServer } from "../../harness/protocol.ts";
import type { Case, ConnectOptions } from "../../harness/scenario.ts";
import { secrets } from "../../harness/secrets.ts";
import { hangUp, share } from "../../harness/shared.ts";
import { usersOf } from "../../harness/target.ts";

/** The deeds of a case on one connection, in order. */
interface Deeds {
  readonly options: unknown;
  readonly deeds: unknown[];
}

/** The connections of a case to one server, and its checks. */
interface Met {
  readonly connections: readonly Deeds[];
  readonly checks: readonly Check[];
}

/** A protocol version, and the faults that its cases also meet, so that a change shows in what they take for right. */
export interface Observed {
  readonly protocol: Protocol;
  /** Each breaks something for many cases, and keeps nobody waiting. */
  readonly faults: readonly string[];
}

/** Gives the digest of what each case sends to the reference server, what it expects of it, and what it holds against others. */
export async function observe(cases: readonly Case[], { protocol, faults }: Observed): Promise<Record<string, string>> {
  const load = loadSuitesOf(protocol);
  const statements = catalogueOf(protocol);
  // The words of an expectation, if they are not those of the catalogue.
  const worded = ({ requirement, expected }: Check) =>
    expected === statements.get(requirement)?.statement ? "" : lasting(expected);
  const met = [meetAll(protocol, undefined, cases)];
  const light = cases.filter(({ suite }) => !load.has(suite));
  for (const fault of faults) met.push(meetAll(protocol, fault, light));
  const observed = await Promise.all(met);
  return Object.fromEntries(
    cases.map(({ id, suite }) => {
      const [healthy, ...others] = observed.map((all) => all.get(id));
      const sends = healthy?.connections.map((it) => JSON.stringify(it)) ?? [];
      const parts = [
        // A fast server may get the same message of a load case more often.
        (load.has(suite) ? [...new Set(sends)] : sends).toSorted(),
        distinct(healthy?.checks.map((check) => [check.requirement, worded(check)])),
        others.map((it) => distinct(it?.checks.filter(isBroken).map(({ requirement }) => requirement))),
      ];
      return [id, sha256(JSON.stringify(parts)).slice(0, 16)];
    }),
  );
}

/** A text without parts that change each time: the key of a handshake, the answer to one, and the port of a server. */
const lasting = (text: string) =>
  text
    .replace(/(?<![\w+/])[\w+/]{22}==/g, "key")
    .replace(/(?<![\w+/])[\w+/]{27}=/g, "accept")
    .replace(/(?<=\/\/127\.0\.0\.1:)\d+/g, "port");

const distinct = (values: readonly unknown[] = []) => [...new Set(values.map((it) => JSON.stringify(it)))].toSorted();

const sha256 = (content: string | Uint8Array) => createHash("sha256").update(content).digest("hex");

/** Has cases meet a server one after another. */
async function meetAll(
  protocol: Protocol,
  fault: string | undefined,
  cases: readonly Case[],
): Promise<Map<string, Met>> {
  const server = await protocol.serve({ fault });
  const met = new Map<string, Met>();
  for (const it of cases) met.set(it.id, await meet(protocol, it, server));
  await server.close();
  return met;
}

async function meet(protocol: Protocol, it: Case, server: RunningServer): Promise<Met> {
  const connections: Deeds[] = [];
  const { users = [], keys } = server;
  const target = { url: new URL(server.url), headers: {}, ...usersOf(server) };
  const hidden = secrets(...users.flatMap((it) => Object.values(it)));
  const shared = share(2_000);
  const bench = {
    // The rules for every message are no part of a case.
    protocol: { ...protocol, rules: [] },
    judging: { requirements: catalogueOf(protocol), strict: false },
    random: { seed: 1, runs: 5 },
    idle: 50,
    users: Math.max(1, users.length),
    ...(keys && { keys }),
    conceal: hidden.add,
    redact: hidden.redact,
  };
  const open = async (options: ConnectOptions = {}) => {
    const deeds: unknown[] = [];
    // It changes nothing that a server sees.
    const { as, acts: _, ...plain } = options;
    connections.push({ options: as ? { ...plain, as: as.transcript.name ?? true } : plain, deeds });
    const connection = await dial({ protocol, target, shared }, options);
    if (options.handshake)
      deeds.push(["asks", requestOf(connection, (text) => hidden.redact(text.replaceAll(target.url.host, "host")))]);
    return watched(connection, deeds, hidden.redact);
  };
  const { checks } = await examine(it, open, bench);
  hangUp(shared);
  return { connections, checks };
}

/** The request for a WebSocket, without what is another each time. */
function requestOf({ transcript: { events } }: Connection, plain: (text: string) => string): string {
  const request = events.find(({ from, type }) => from === "client" && type === "upgrade");
  const text = request && "data" in request ? request.data : "";
  return lasting(plain(text)).replace(/tachyon-conformance\/[\d.]+/, "suite");
}

/** Notes what a case does with a connection. */
function watched(connection: Connection, deeds: unknown[], plain: (text: string) => string): Connection {
  const content = (it: object | string | number) =>
    it instanceof Uint8Array ? ["bytes", sha256(it)] : sha256(plain(typeof it === "string" ? it : JSON.stringify(it)));
  return {
    ...connection,
    send(...outgoing) {
      deeds.push(...outgoing.map((it) => ["sends", content(it)]));
      connection.send(...outgoing);
    },
    write(what, ...parts) {
      deeds.push(["writes", what, parts.map(content)]);
      return connection.write(what, ...parts);
    },
    close(code, reason) {
      deeds.push(["closes", code, reason]);
      connection.close(code, reason);
    },
    reset() {
      deeds.push(["resets"]);
      connection.reset();
    },
    hangUp() {
      deeds.push(["hangs up"]);
      connection.hangUp();
    },
    ignore() {
      deeds.push(["ignores"]);
      connection.ignore();
    },
  };
}
