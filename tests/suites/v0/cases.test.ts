import { expect, test } from "@jest/globals";
import { trial } from "../../../cli/explain/trial.ts";
import { isBinding } from "../../../harness/catalogue.ts";
import { casesIn } from "../../../harness/protocol.ts";
import { findings } from "../../../reports/findings.ts";
import { spotsOf } from "../../../reports/wrong-event.ts";
import { ownWithAutohosts } from "../../../schemas/v0/autohost.ts";
import { own } from "../../../schemas/v0/index.ts";
import { requirements } from "../../../schemas/v0/requirements.ts";
import { autohostProtocolBy } from "../../../suites/v0/autohost/index.ts";
import { protocolBy } from "../../../suites/v0/index.ts";

const protocol = protocolBy(own);
const autohosts = autohostProtocolBy(ownWithAutohosts);
const cases = casesIn(protocol);

test("case ids are unique, and frozen", () => {
  const ids = cases.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toMatchSnapshot();
});

test("every case stands in the suite that its id names, and tests what the catalogue holds", () => {
  const known = new Set<string>(requirements.map(({ id }) => id));
  for (const suite of protocol.suites) for (const it of suite.cases) expect(it.suite).toBe(suite.name);
  expect(cases.flatMap(({ tests }) => tests).filter((id) => !known.has(id))).toEqual([]);
});

test("every requirement is tested by a case, or by a rule of every message", () => {
  const tested = new Set([...cases.flatMap((it) => it.tests), ...protocol.rules.map(({ requirement }) => requirement)]);
  expect(requirements.filter(({ id }) => !tested.has(id))).toEqual([]);
});

test("the cases of autohosts have frozen ids, test what their catalogue holds, and leave none of it out", () => {
  const some = casesIn(autohosts);
  const tested = new Set([...some.flatMap((it) => it.tests), ...autohosts.rules.map(({ requirement }) => requirement)]);
  const known = autohosts.requirements.map(({ id }) => id);
  expect(some.map(({ id }) => id).toSorted()).toMatchSnapshot();
  expect([...tested].toSorted()).toEqual(known.toSorted());
  for (const suite of autohosts.suites) for (const it of suite.cases) expect(it.suite).toBe(suite.name);
  for (const { id, level } of autohosts.requirements)
    if (isBinding(level, true)) expect([id, autohosts.causes[id]]).toEqual([id, expect.stringMatching(/\.$/)]);
});

test.each([
  ["malformed/binary", "reads-binary-messages", "text", /"messageId":"binary"/],
  ["connection/offer-of-two-minors", "prefers-low-minors", "upgrade", /^HTTP\/1.1 101/],
  ["connection/unknown-token", "believes-any-token", "upgrade", /^HTTP\/1.1 101/],
  ["transport/subprotocol-unknown", "selects-what-nobody-offered", "upgrade", /^HTTP\/1.1 101/],
  ["oauth/client-credentials", "lets-caches-keep-tokens", "upgrade", /private/],
  ["malformed/a-word", "closes-without-a-reason", "close", /^$/],
  ["requests/odd-command-in-upper-case", "ignores-the-case-of-commands", "text", /"messageId":"odd"/],
  ["requests/event-known", "answers-events", "text", /"messageId":"event"/],
  ["sessions/info-of-who-left", "forgets-users-who-left", "text", /"messageId":"info"/],
])("%s marks what came of a server that %s, not what followed", async (id, fault, type, data) => {
  const [it] = await trial(
    protocol,
    cases.filter((one) => one.id === id),
    fault,
  );
  const spots = it ? spotsOf(it) : [];
  expect(spots.map(({ connection, event }) => it?.connections[connection]?.events[event])).toEqual([
    expect.objectContaining({ from: "server", type, data: expect.stringMatching(data) }),
  ]);
});

test.each([
  ["message.time", "counts-seconds", "connection/offer-as-any-client-does"],
  ["response.status", "fails-with-data", "requests/unknown-conformance-unknown"],
])("%s is shown by what any client does, of a server that %s", async (requirement, fault, plainest) => {
  const some = cases.filter(({ id }) =>
    [plainest, "connection/scheme-in-lower-case", "requests/pipelined-in-turn"].includes(id),
  );
  const report = { requirements: protocol.requirements, cases: await trial(protocol, some, fault) };
  const found = findings(report).find((it) => it.requirement.id === requirement);
  expect([found?.cases.length, found?.shown.id]).toEqual([requirement === "message.time" ? 3 : 2, plainest]);
});
