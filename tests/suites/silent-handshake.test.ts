import type { Socket } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { isFinding } from "../../harness/catalogue.ts";
import { HANDSHAKE } from "../../harness/patience.ts";
import { cases, runAgainst } from "../helpers.ts";
import { onRaw } from "../servers/raw.ts";
import { tachyon } from "../servers/tachyon.ts";

let close: () => Promise<void> = async () => {};
afterEach(() => close());

test("a handshake without an answer is a wait in vain, so a crowd or a stall can explain it", async () => {
  const ignored = new WeakSet<Socket>();
  const running = await onRaw(tachyon(), {
    refuse({ headers }, socket) {
      if (headers.has("sec-websocket-protocol") || headers.has("sec-websocket-extensions")) ignored.add(socket);
      return undefined;
    },
    admit: (socket) => new Promise((resolve) => void (ignored.has(socket) || resolve())),
  });
  close = running.close;
  const offering = ["transport/subprotocol-unknown", "transport/extensions-unknown"];
  const some = cases.filter(({ id }) => id === "version/greeting" || offering.includes(id));
  const { results } = await runAgainst(running.url, some, { timeout: 500 });

  const findings = results.flatMap(({ case: { id }, checks }) => checks.filter(isFinding).map((it) => ({ id, ...it })));
  expect(findings.map(({ id, silence }) => [id, silence?.what])).toEqual(offering.map((id) => [id, HANDSHAKE]));
});
