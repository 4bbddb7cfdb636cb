import { describe, expect, test } from "@jest/globals";
import type { Verdict } from "../../harness/catalogue.ts";
import { AWAY, SHUT_OUT } from "../../harness/fall.ts";
import type { Harm } from "../../harness/judge.ts";
import type { Silence } from "../../harness/nothing.ts";
import { casesIn } from "../../harness/protocol.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import { likelyCause } from "../../reports/cause.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { protocolOf } from "../../suites/index.ts";

const v0 = await protocolOf({ protocol: "v0" });

const event = (rest: Pick<WireEvent, "type"> & Readonly<Record<string, unknown>>) =>
  ({ at: 1, from: "server", data: "", ...rest }) as WireEvent;
const text = (data: unknown) => event({ type: "text", data: typeof data === "string" ? data : JSON.stringify(data) });
const greets = (versionParity: string) => text({ command: "system/version/response", data: { versionParity } });

interface Shown {
  readonly event?: WireEvent;
  readonly url?: string;
  readonly id?: string;
  readonly harm?: Harm;
  readonly endKind?: string;
  readonly silence?: Silence;
  readonly unstable?: true;
  readonly verdict?: Verdict;
}

/** The cause that is told of a requirement, where this came. */
function causeOf(
  requirement: string,
  { event: shown, url = "ws://x/", id = "a/case", verdict = "fail", silence, unstable, ...harmful }: Shown,
  by = protocol,
) {
  const evidence = shown && { connection: 1, events: [1] };
  const connections = shown
    ? [
        { url: "ws://other/", events: [] },
        { url, events: [event({ type: "ping" }), shown] },
      ]
    : [];
  return likelyCause(
    { requirement, verdict, actual: "", ...harmful, ...(silence && { silence }), ...(evidence && { evidence }) },
    { id, connections, ...(unstable && { unstable }) },
    by,
  );
}

type Row = readonly [requirement: string, Shown, says: RegExp];

const ROWS: readonly Row[] = [
  ["parity.isolated", { event: greets("unknown") }, /^What reads the version remembers/],
  [
    "parity.match",
    { event: greets("minor_mismatch"), unstable: true },
    /^Now and then a client is told the parity of another/,
  ],
  ["parity.match", { event: greets("minor_mismatch") }, /^The server does not know its own version/],
  ["parity.major", { event: greets("minor_mismatch") }, /^The minor is looked at first, before the major/],
  ["parity.major", { event: greets("patch_mismatch") }, /^The patch is looked at first/],
  ["parity.major", { event: greets("match") }, /only compared in one direction/],
  ["parity.minor", { event: greets("patch_mismatch") }, /^The patch is compared before the minor/],
  ["parity.minor", { event: greets("major_mismatch") }, /^Versions are compared as one text/],
  ["parity.patch", { event: greets("match"), url: "ws://x/?tachyonVersion=0.1.70" }, /texts or prefixes/],
  ["parity.patch", { event: greets("match"), url: "ws://x/?tachyonVersion=0.1.6" }, /^Another patch is taken/],
  ["parity.query", { event: greets("match"), url: "ws://x/?a=1;tachyonVersion=0.1.7" }, /at `;`/],
  ["parity.query", { id: "version/query-beside-equals-signs-in-a-value" }, /split at every `=`/],
  ["parity.query", { id: "version/query-beside-an-escape-of-no-utf-8" }, /^The whole query is given up/],
  ["version.greeting", {}, /^No greeting is sent at all/],
  ["version.greeting", { id: "version/unparseable-without-equals-sign" }, /^The parser of queries takes for granted/],
  ["version.greeting", { id: "version/missing-empty-query" }, /^A `\?` with nothing behind it/],
  ["parity.missing", { event: greets("match") }, /falls back to the server's own version/],
  ["parity.missing", { event: greets("minor_mismatch") }, /parsed as 0\.0\.0/],
  ["parity.unparseable", { id: "version/unparseable-equals-sign-behind" }, /behind the second is lost/],
  ["parity.unparseable", { id: "version/unparseable-nul-and-letter-behind" }, /ends at a NUL/],
  ["parity.unparseable", { event: greets("match") }, /^A lenient parser/],
  ["parity.unparseable", { event: greets("major_mismatch") }, /becomes a mismatch/],
  ["message.json", { event: text("Welcome {you}") }, /a welcome/],
  ["message.json", { event: event({ type: "binary", data: "e30=" }) }, /binary frame/],
  ["message.json", { event: event({ type: "violation", failure: "WS_ERR_INVALID_CLOSE_CODE" }) }, /^A close frame/],
  ["message.json", { event: event({ type: "violation", failure: "WS_ERR_UNEXPECTED_MASK" }) }, /masks its frames/],
  [
    "message.json",
    { event: event({ type: "violation", failure: "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH" }) },
    /holds more than 125 bytes/,
  ],
  [
    "message.json",
    {
      event: event({
        type: "violation",
        failure: "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
        data: "Invalid WebSocket frame: invalid payload length 1",
      }),
    },
    /a single byte/,
  ],
  ["message.json", { event: event({ type: "violation", failure: "WS_ERR_INVALID_UTF8" }) }, /such as Latin-1/],
  ...Object.entries({
    "transport.survives": ["violation-a-text-cut-off-in-a-character-and-a-request-of-another", /^One decoder/],
    "transport.ping": ["ping-of-another-version", /own version/],
    "transport.close": ["close-between-fragments", /^Between two fragments/],
    "transport.fragmentation": ["fragmented-and-then-fragmented", /stand before the next one/],
    "transport.extensions": ["extensions-deflate-not-compressed", /^Where permessage-deflate/],
  } as const).map(([requirement, [id, says]]): Row => [requirement, { id: `transport/${id}` }, says]),
  ...(["transport.ping", "transport.close"] as const).map(
    (it): Row => [it, { id: "transport/ping-and-close-behind-an-unknown-command" }, /^What a client sends behind/],
  ),
  ["transport.ping", { id: "version/idle" }, /^A timer sets a client aside/],
  [
    "disconnect.answered",
    { id: "version/idle", silence: { what: "a message", afterMs: 2_000 } },
    /^A timer sets a client aside/,
  ],
  ["transport.fragmentation", { id: "transport/fragmented-fragments-of-200-bytes" }, /limited to 125 bytes/],
  ["transport.segmentation", { id: "transport/segments-with-a-pause-in-a-frame" }, /^A timer ends a connection whose/],
  ["transport.fragmentation", { id: "transport/fragmented-around-another-client" }, /^One buffer of fragments/],
  [
    "transport.segmentation",
    {
      id: "transport/segments-an-unknown-command-and-a-request-in-one-segment",
      silence: { what: "the end of the connection", afterMs: 2_000 },
    },
    /^Of several messages that come in one read/,
  ],
  ["transport.fragmentation", { id: "transport/fragmented-100-fragments" }, /limited to very few/],
  ["transport.extensions", { id: "transport/extensions-deflate-in-a-stored-block" }, /three kinds of blocks/],
  ["transport.extensions", { id: "transport/extensions-deflate-from-3900-bytes" }, /a fixed size/],
  [
    "message.json",
    { event: event({ type: "violation", failure: "WS_ERR_UNEXPECTED_RSV_1" }) },
    /compresses though nobody agreed/,
  ],
  ["transport.close", { event: event({ type: "violation", failure: "WS_ERR_INVALID_CLOSE_CODE" }) }, /garbled code/],
  ["message.known", { event: text({ command: "a/b/request" }) }, /as an echo does/],
  [
    "disconnect.closes",
    { silence: { what: "the end of the connection", afterMs: 2_000, closing: true } },
    /^The close frame is sent, and TCP stays open/,
  ],
  [
    "disconnect.closes",
    { silence: { what: "the end of the connection", afterMs: 2_000 } },
    /^The answer is sent and the socket left/,
  ],
  ["termination.announced", { event: event({ type: "close", code: 1000 }) }, /closes the socket directly/],
  ["termination.announced", { event: event({ type: "end" }) }, /^An exception ends the handler/],
  ["transport.extensions", { id: "transport/extensions-deflate-in-fragments" }, /^A ping between/],
  ["disconnect.encoding", { id: "disconnect/spelled-a-tab-behind" }, /a parser of one's own/],
  ["disconnect.extra-properties", { id: "disconnect/extra-number-a-negative-exponent" }, /some form of number/],
  ["disconnect.extra-properties", { id: "disconnect/extra-data-that-is-true" }, /^Properties that other commands/],
  ["disconnect.extra-properties", { id: "disconnect/extra-names-of-a-connection" }, /are copied onto the object/],
  ["malformed.rejected", { id: "malformed/near-miss-hash-behind" }, /is cut at a sign/],
  ["malformed.survives", { harm: "hang" }, /never ends/],
  ["malformed.survives", { harm: "stall" }, /never ends/],
  ["malformed.survives", { harm: "stall", endKind: SHUT_OUT }, /as an attack/],
  ["malformed.survives", { harm: "end", endKind: AWAY }, /both look the same/],
  ["malformed.survives", { harm: "drop" }, /ends the connections of all clients/],
  ["disconnect.isolated", { harm: "end" }, /^What follows a goodbye throws/],
  ["disconnect.answered", { event: event({ type: "close" }) }, /closed before the answer is flushed/],
  ["malformed.usable", { event: event({ type: "end" }) }, /ends the connection without/],
];

const answer = (more: object, commandId = "system/disconnect") =>
  text({ type: "response", messageId: "1", commandId, ...more });
const silence = { what: "the response to system/serverStats", afterMs: 2_000 };

const ROWS_V0: readonly Row[] = [
  ["request.answered", { id: "requests/id-of-another-user", silence }, /one map for all connections/],
  ["message.schema", { event: answer({ status: "SUCCESS" }) }, /in other words or case/],
  [
    "message.schema",
    { event: answer({ status: "success", data: { userCount: "1" } }, "system/serverStats") },
    /another type/,
  ],
  ["request.answered", { id: "sessions/second-connection", silence }, /is left open, and nobody reads it/],
  ["request.answered", { id: "requests/alone", silence }, /^A handler has no response/],
  ["response.status", { event: answer({ status: "Success" }, "a/b") }, /must be `success` or `failed`/],
  ["response.status", { event: answer({ status: "failed" }, "a/b") }, /^One function builds success and failure/],
  [
    "request.answered",
    { event: event({ type: "close", code: 1008, data: "banned" }) },
    /^The server ends .* on purpose.*malformed\.survives/,
  ],
  ["request.answered", { event: event({ type: "upgrade", code: 403 }) }, /^The server refuses .*malformed\.survives/],
  ["request.answered", { event: event({ type: "upgrade", code: 503 }) }, /^A handler has no response/],
  ["request.answered", { event: event({ type: "close", code: 1008, data: "rate limit" }) }, /^The server limits/],
  ["request.answered", { event: event({ type: "close", code: 1011, data: "oops" }) }, /^A handler has no response/],
  ["ping.interval", { event: event({ type: "end" }) }, /pongs of the client are not noted/],
  ["ping.interval", { event: event({ type: "timeout" }) }, /^Pings are left to the client/],
  ["request.pipelined", { event: event({ type: "close", code: 1008, data: "rate limit" }) }, /^The server limits/],
  ["invalid.data", { event: event({ type: "close", code: 1008, data: "Too many messages" }) }, /^The server limits/],
  ["invalid.data", { event: event({ type: "close", code: 1008, data: "separate ways" }) }, /^Data is used without/],
  ["oauth.client-credentials", { id: "oauth/wrong-secret" }, /page of the framework instead of JSON/],
  ["oauth.client-credentials", { id: "oauth/client-credentials" }, /^The secret of a client is not compared/],
];

describe("of several causes the one that fits is told", () => {
  test.each(ROWS)("%s %j", (requirement, shown, says) => expect(causeOf(requirement, shown)).toMatch(says));

  test.each<[requirement: string, Shown]>([
    ["message.json", { event: text("[1") }],
    ["message.json", { event: event({ type: "violation", failure: "WS_ERR_INVALID_OPCODE" }) }],
    ["message.known", { event: text({ command: "a/b/response" }) }],
    ["parity.major", { event: greets("unheard of") }],
    ["malformed.survives", { harm: "end" }],
    ["malformed.rejected", { id: "malformed/near-miss-space-inside" }],
    ["malformed.usable", { event: text({ command: "system/version/response" }) }],
    ["disconnect.answered", {}],
    ["version.greeting", {}],
  ])("none of them for %s %j", (requirement, shown) =>
    expect(causeOf(requirement, shown)).toBe(protocol.causes[requirement]),
  );

  test("none of them for a property that lacks", () => {
    expect(causeOf("message.schema", { event: answer({}) }, v0)).toBe(v0.causes["message.schema"]);
  });

  test.each(ROWS_V0)("of v0 by what came: %s %j", (requirement, shown, says) =>
    expect(causeOf(requirement, shown, v0)).toMatch(says),
  );
});

test("each symptom of a malformed command shows in a case, and no two in one", () => {
  const symptoms = protocol.symptoms?.["malformed.rejected"] ?? [];
  const ids = protocol.suites.flatMap(({ cases }) => cases.map(({ id }) => id));
  const shows = (id: string) => symptoms.filter((it) => it.shows({ caseId: id, check: {} }));
  expect(ids.filter((id) => shows(id).length > 1)).toEqual([]);
  expect(new Set(ids.flatMap(shows))).toEqual(new Set(symptoms));
  expect(ids.filter((id) => shows(id).length > 0 && !id.startsWith("malformed/lenient-"))).toMatchSnapshot();
});

test("what nobody could judge, since a bound of the suite was hit, has no likely cause", () => {
  const shown = { event: event({ type: "limit", data: "a message of more than 1048576 bytes" }) };
  expect(causeOf("message.json", shown)).toBeDefined();
  expect(causeOf("message.json", { ...shown, verdict: "error" })).toBeUndefined();
});

test("a wait in vain may also have been too short", () => {
  const silence = { what: "system/version/response", afterMs: 2_000 };
  const told = (requirement: string) =>
    likelyCause({ requirement, verdict: "fail", actual: "", silence }, { id: "", connections: [] }, protocol);
  expect(told("version.greeting")).toBe(
    `${protocol.causes["version.greeting"]} Or it comes later: a longer --timeout shows that.`,
  );
  expect(told("disconnect.answered")).toMatch(/^The handler of the command was never registered.*--timeout/);
});

test.each([protocol, v0])(
  "symptoms are those of requirements that can be broken: $version",
  ({ causes, symptoms = {} }) => {
    for (const [id, all] of Object.entries(symptoms)) {
      expect(causes[id]).toBeDefined();
      for (const { cause } of all) expect(cause).toMatch(/^[A-Z].{30,240}\.$/);
    }
  },
);

test("each symptom shows in a row, or by the id of a case", () => {
  const shown: readonly Shown[] = [...ROWS, ...ROWS_V0].map(([, it]) => it);
  const never = [protocol, v0].flatMap((by) => {
    const all = [...shown, ...casesIn(by).map(({ id }) => ({ id }))];
    return Object.entries(by.symptoms ?? {}).flatMap(([requirement, several = []]) => {
      const told = all.map((it) => causeOf(requirement, it, by));
      return several
        .filter(({ cause }) => !told.some((words) => words?.startsWith(cause)))
        .map(({ cause }) => [requirement, cause]);
    });
  });
  expect(never).toEqual([]);
});
