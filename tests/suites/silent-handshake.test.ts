import type { Socket } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { isFinding } from "../../harness/catalogue.ts";
import { HANDSHAKE } from "../../harness/waited.ts";
import { cases, runAgainst } from "../helpers.ts";
import { onRaw } from "../servers/raw.ts";
import { tachyon } from "../servers/tachyon.ts";

let close: () => Promise<void> = async () => {};
afterEach(() => close());

/** The cases whose clients offer a subprotocol or an extension. */
const OFFERING = ["transport/subprotocol-unknown", "transport/extensions-unknown"];
const offering = cases.filter(({ id }) => OFFERING.includes(id));
const others = cases.filter(({ id }) => id.startsWith("version/parity-"));

/** Starts a server that never answers the first so many clients that offer something. Resolves to its url. */
async function ignoring(most: number): Promise<string> {
  const ignored = new Set<Socket>();
  const running = await onRaw(tachyon(), {
    refuse({ headers }, socket) {
      const offers = headers.has("sec-websocket-protocol") || headers.has("sec-websocket-extensions");
      if (offers && ignored.size < most) ignored.add(socket);
      return undefined;
    },
    admit: (socket) => new Promise((resolve) => void (ignored.has(socket) || resolve())),
  });
  close = running.close;
  return running.url;
}

test("a handshake without an answer is a wait in vain, so a crowd or a stall can explain it", async () => {
  const { results } = await runAgainst(await ignoring(Number.POSITIVE_INFINITY), offering, { timeout: 500 });
  const findings = results.flatMap(({ case: { id }, checks }) => checks.filter(isFinding).map((it) => ({ id, ...it })));
  expect(findings.map(({ id, silence }) => [id, silence?.what])).toEqual(OFFERING.map((id) => [id, HANDSHAKE]));
});

test("one without an answer while clients that came later had theirs is unstable, if it is answered the next time", async () => {
  const { results } = await runAgainst(await ignoring(2), [...offering, ...others], { timeout: 1_500 });
  const unstable = results.filter((it) => it.unstable);
  expect(unstable.map((it) => [it.case.id, it.verdict])).toEqual(OFFERING.map((id) => [id, "pass"]));
});
