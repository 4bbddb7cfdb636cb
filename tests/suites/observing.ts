import { createHash } from "node:crypto";
import { isBroken } from "../../harness/catalogue.ts";
import type { Connection } from "../../harness/connection.ts";
import { type Bench, dial, examine } from "../../harness/execute.ts";
import type { Check } from "../../harness/judge.ts";
import type { RunningServer } from "../../harness/protocol.ts";
import type { Case, ConnectOptions } from "../../harness/scenario.ts";
import { hangUp, share } from "../../harness/shared.ts";
import { protocol } from "../../suites/0.1.7/index.ts";

/**
 * Servers that a case also meets, so that a change shows in what it takes for right: each breaks something for many cases, and keeps
 * nobody waiting.
 */
const FAULTS = [
  "fails-to-disconnect",
  "greets-twice",
  "greets-other-versions-with-failed",
  "calls-everything-a-match",
  "says-success-to-everything",
  "blames-itself",
];

const requirements = new Map(protocol.requirements.map((it) => [it.id, it]));
const LOADS = new Set(protocol.suites.filter(({ load }) => load).map(({ name }) => name));

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

/** Gives the digest of what each case sends to the reference server, what it expects of it, and what it holds against others. */
export async function observe(cases: readonly Case[]): Promise<Record<string, string>> {
  const observed = await Promise.all([undefined, ...FAULTS].map((fault) => meetAll(fault, cases)));
  return Object.fromEntries(
    cases.map(({ id, suite }) => {
      const [healthy, ...others] = observed.map((all) => all.get(id));
      const sends = healthy?.connections.map((it) => JSON.stringify(it)) ?? [];
      const parts = [
        // A fast server may get the same message of a load case more often.
        (LOADS.has(suite) ? [...new Set(sends)] : sends).toSorted(),
        distinct(healthy?.checks.map(({ requirement, expected }) => [requirement, worded(requirement, expected)])),
        others.map((it) => distinct(it?.checks.filter(isBroken).map(({ requirement }) => requirement))),
      ];
      return [id, sha256(JSON.stringify(parts)).slice(0, 16)];
    }),
  );
}

/** The words of an expectation, if they are not those of the catalogue. */
const worded = (requirement: string, expected: string) =>
  expected === requirements.get(requirement)?.statement ? "" : withoutKeys(expected);

/** A text without the key of a handshake, and without the answer to one: both are others each time. */
const withoutKeys = (text: string) =>
  text.replace(/(?<![\w+/])[\w+/]{22}==/g, "key").replace(/(?<![\w+/])[\w+/]{27}=/g, "accept");

const distinct = (values: readonly unknown[] = []) => [...new Set(values.map((it) => JSON.stringify(it)))].toSorted();

const sha256 = (content: string | Uint8Array) => createHash("sha256").update(content).digest("hex");

/** Has cases meet a server one after another; those that put load on it meet only one without a fault. */
async function meetAll(fault: string | undefined, cases: readonly Case[]): Promise<Map<string, Met>> {
  const server = await protocol.serve({ fault });
  const met = new Map<string, Met>();
  for (const it of cases) if (fault === undefined || !LOADS.has(it.suite)) met.set(it.id, await meet(it, server));
  await server.close();
  return met;
}

async function meet(it: Case, { url }: RunningServer): Promise<Met> {
  const connections: Deeds[] = [];
  const target = { url: new URL(url), headers: {} };
  const shared = share(2_000);
  const bench: Pick<Bench, "protocol" | "judging" | "random" | "idle"> = {
    // The rules for every message are no part of a case.
    protocol: { ...protocol, rules: [] },
    judging: { requirements, strict: false },
    random: { seed: 1, runs: 5 },
    idle: 50,
  };
  const open = async (options: ConnectOptions = {}) => {
    const deeds: unknown[] = [];
    connections.push({ options, deeds });
    const connection = await dial({ protocol, target, shared }, options);
    if (options.handshake) deeds.push(["asks", requestOf(connection, target.url.host)]);
    return watched(connection, deeds);
  };
  const { checks } = await examine(it, open, bench);
  hangUp(shared);
  return { connections, checks };
}

/** The request for a WebSocket, without what is another each time. */
function requestOf({ transcript: { events } }: Connection, host: string): string {
  const request = events.find(({ from, type }) => from === "client" && type === "upgrade");
  const text = request && "data" in request ? request.data : "";
  return withoutKeys(text.replaceAll(host, "host")).replace(/tachyon-conformance\/[\d.]+/, "suite");
}

/** A connection of which is noted what a case does with it. */
function watched(connection: Connection, deeds: unknown[]): Connection {
  const content = (it: object | string | Uint8Array) =>
    it instanceof Uint8Array ? ["bytes", sha256(it)] : sha256(typeof it === "string" ? it : JSON.stringify(it));
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
    ignore() {
      deeds.push(["ignores"]);
      connection.ignore();
    },
  };
}
