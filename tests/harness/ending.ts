import { afterEach } from "@jest/globals";
import type { RunResult } from "../../harness/runner.ts";
import { cases } from "../helpers.ts";
import { type Behaviour, type Client, lobby } from "../servers/lobby.ts";

/** What has to be closed behind a test. */
export const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Starts a server that behaves otherwise. */
export async function server(
  change: (normal: Behaviour) => Partial<Behaviour>,
): Promise<Awaited<ReturnType<typeof lobby>>> {
  const it = await lobby(change);
  closing.push(it.close);
  return it;
}

/** A few cases that run in a moment. Two of them send a word that a server may end over. */
export const some = cases.filter(({ id }) =>
  /^(version\/greeting|disconnect\/(alone|at-once|isolated|reconnect|extra-a)|malformed\/not-json-)/.test(id),
);

/** The case that sends `banana`. */
export const BANANA = "malformed/not-json-word";

/** The case that sends `GET / HTTP/1.1`. */
export const GET = "malformed/not-json-http-request";

/** More than run at a time, so that a server ends among others. */
export const malformed = cases.filter(({ suite, id }, i) => suite === "malformed" && (i % 3 === 0 || id === BANANA));

/** An act of a server some ms after it read a text, with or without an answer. */
export type Fate = (text: string, client: Client, server: Behaviour) => void;

/** Has a server do something over a malformed text. */
export const over =
  (fate: Fate) =>
  (normal: Behaviour): Partial<Behaviour> => ({
    malformed(client, text, binary) {
      normal.malformed(client, text, binary);
      fate(text, client, normal);
    },
  });

/** The time for which the server is away, in ms, so that a client misses it. */
const AWAY = 150;

/** Makes a server that may end over a text, or over the number of its clients, and is back at the same port a moment later. */
export async function mortal(fate: (text: string, end: () => void) => unknown, most = Number.POSITIVE_INFINITY) {
  let deaths = 0;
  let up = true;
  let back: Promise<void> = Promise.resolve();
  const end = () => {
    if (!up) return;
    up = false;
    deaths += 1;
    back = running.close().then(async () => {
      await new Promise((resolve) => setTimeout(resolve, AWAY));
      running = await lobby(change, Number(new URL(running.url).port));
      up = true;
    });
  };
  // A timer ends with the server in which it was set.
  const upset = over((text) => {
    const before = deaths;
    fate(text, () => before === deaths && end());
  });
  const change = (normal: Behaviour): Partial<Behaviour> => ({
    ...upset(normal),
    greet(client) {
      normal.greet(client);
      if (normal.everybody.size > most) end();
    },
  });
  let running = await lobby(change);
  closing.push(async () => {
    await back;
    await running.close();
  });
  return { url: running.url, deaths: () => deaths };
}

/** The cases that fail. */
export const failed = ({ results }: RunResult) =>
  results.filter(({ verdict }) => verdict === "fail").map((it) => it.case.id);
/** The cases of which nobody can tell for sure. */
export const doubtful = ({ results }: RunResult) =>
  results.filter((it) => it.unstable || it.unconfirmed || it.verdict === "error").map((it) => it.case.id);
/** What came where a case fails. */
export const words = ({ results }: RunResult, id: string) =>
  results
    .find((it) => it.case.id === id)
    ?.checks.filter(({ verdict }) => verdict === "fail")
    .map(({ actual }) => actual);

/** The event that the failure of a case shows. */
export function inputShown({ results }: RunResult, id: string) {
  const it = results.find((one) => one.case.id === id);
  const { connection = 0, events = [] } = it?.checks.find(({ verdict }) => verdict === "fail")?.evidence ?? {};
  return it?.connections[connection]?.events[events[0] ?? -1];
}
