import { afterEach, describe, expect, test } from "@jest/globals";
import { availability, gaveWebSocket } from "../../harness/availability.ts";
import type { Connection } from "../../harness/connection.ts";
import { dial, probe } from "../../harness/dial.ts";
import { errorFailure, type Failure, httpFailure } from "../../harness/failure.ts";
import { share } from "../../harness/shared.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import type { Handshake } from "../../harness/upgrade.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { webSocketServer } from "../servers/websocket.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe("the availability of a target", () => {
  const seen = (failure?: Failure, ...events: WireEvent[]) =>
    ({ opened: failure === undefined, failure, transcript: { url: "", events }, finish() {} }) as unknown as Connection;
  const [absent, busy] = [errorFailure("ECONNREFUSED"), httpFailure(503)];
  const learnt = (...all: [Failure | undefined, proper?: boolean][]) => {
    let now = 0;
    const it = availability(
      () => ++now,
      async () => seen(),
      async () => true,
    );
    for (const [failure, proper] of all) it.saw(seen(failure), proper);
    return [it.upAt, it.downSince];
  };

  test.each<[string, ReturnType<typeof learnt>, (number | undefined)[]]>([
    ["a connection that opened shows that it is there", learnt([undefined]), [1, undefined]],
    ["the last that opened counts", learnt([undefined], [undefined]), [2, undefined]],
    ["one that failed anyhow tells that it never was", learnt([busy]), [undefined, 1]],
    ["but not one that was not proper", learnt([httpFailure(400), false]), [undefined, undefined]],
    ["where nothing listens, how it asked does not matter", learnt([absent, false]), [undefined, 1]],
    ["one that was up may refuse", learnt([undefined], [busy], [errorFailure("ECONNRESET")]), [1, undefined]],
    ["one that was up and is not found is down", learnt([undefined], [errorFailure("EHOSTUNREACH")]), [1, 2]],
    ["one that refuses some before it lets others in is there", learnt([busy], [undefined]), [2, undefined]],
    ["one that was missing before is not", learnt([busy], [absent], [undefined]), [2, 1]],
    ["since the first that did not find it", learnt([undefined], [errorFailure("ENOTFOUND")], [absent]), [1, 2]],
  ])("%s", (_, [upAt, downSince], expected) => expect([upAt, downSince]).toEqual(expected));

  test("it is tried again for a time, and at least once; each connection is ended", async () => {
    let now = 0;
    let finished = 0;
    const failures = [absent, absent, absent, undefined];
    const it = availability(
      () => now,
      async () => {
        now += 1_000;
        return { ...seen(failures.shift()), finish: () => void finished++ };
      },
      async () => true,
    );
    it.saw(seen(absent));
    expect([await it.recover(0), it.downSince, finished]).toEqual([absent, 0, 1]);
    expect([await it.recover(1_049), it.downSince, finished]).toEqual([absent, 0, 2]);
    expect([await it.recover(1_050), it.downSince, it.upAt]).toEqual([undefined, undefined, 4_000]);
    expect(finished).toBe(4);
  });

  test("a 101 shows that it is there, even in a wrong handshake; a refusal does not", async () => {
    const wrong = await webSocketServer({ open() {}, message() {} });
    const target = { url: new URL(wrong.url), headers: {} };
    const shared = share(2_000);
    closing.push(() => shared.sockets.forEach((destroy) => void destroy()), wrong.close);
    const key = ["Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="] as const; // Not the one that `ws` expects an answer to.
    const ask: Handshake["ask"] = (head) => ({
      ...head,
      headers: [...head.headers.filter(([name]) => name.toLowerCase() !== "sec-websocket-key"), key],
    });
    const connection = await dial({ protocol, target, shared }, { handshake: { ask } });
    expect([connection.opened, gaveWebSocket(connection)]).toEqual([false, true]);
    const refuses = await webSocketServer({ refuse: () => 403, open() {}, message() {} });
    closing.push(refuses.close);
    const refused = await dial({ protocol, target: { ...target, url: new URL(refuses.url) }, shared });
    expect([refused.opened, gaveWebSocket(refused)]).toEqual([false, false]);
    expect(await probe(protocol, { ...target, url: new URL(refuses.url) }, 2_000)).toEqual(httpFailure(403));
    expect(await probe(protocol, target, 2_000)).toBeUndefined();
  });
});
