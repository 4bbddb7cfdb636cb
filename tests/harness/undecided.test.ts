import { expect, test } from "@jest/globals";
import { undecided } from "../../harness/doubt.ts";
import type { CaseResult } from "../../harness/execute.ts";
import type { Check } from "../../harness/judge.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import { HANDSHAKE } from "../../harness/waited.ts";
import { protocol } from "../../suites/0.1.7/index.ts";

const GREETING: WireEvent = { at: 1, from: "server", type: "text", data: "{}" };
const GAVE_UP: WireEvent = { at: 9, from: "client", type: "timeout", what: HANDSHAKE, afterMs: 8, data: "" };

/** Returns the verdicts of a case that broke something on a connection, at its last event, once nobody can say who is to blame. */
function verdictsOf(events: readonly WireEvent[], isShown: boolean): readonly string[] {
  const shown = { evidence: { connection: 0, events: [events.length - 1] } };
  const broken = { requirement: "MUST.a", level: "MUST", verdict: "fail", ...(isShown && shown) };
  const kept = { requirement: "MUST.b", level: "MUST", verdict: "pass" };
  const result = { checks: [broken, kept] as Check[], connections: [{ name: "client", url: "", events }] };
  return undecided(result as unknown as CaseResult, protocol).checks.map(({ verdict }) => verdict);
}

test("where nobody can say who is to blame, a failure is an error", () => {
  expect(verdictsOf([GREETING], false)).toEqual(["error", "pass"]);
  expect(verdictsOf([GAVE_UP], true)).toEqual(["error", "pass"]);
});

test("but not if a message of the server shows it, other than a goodbye to whoever is there", () => {
  expect(verdictsOf([GREETING], true)).toEqual(["fail", "pass"]);
  const goodbye = { command: "system/disconnected/response", status: "failed", reason: "internal_error" };
  expect(verdictsOf([{ ...GREETING, data: JSON.stringify(goodbye) } as WireEvent], true)).toEqual(["error", "pass"]);
});

test("nor if a handshake had no answer, unlike those before and after it", () => {
  const lost = { ...GAVE_UP, lost: true } as WireEvent;
  expect(verdictsOf([lost], false)).toEqual(["fail", "pass"]);
  expect(verdictsOf([lost], true)).toEqual(["fail", "pass"]);
});
