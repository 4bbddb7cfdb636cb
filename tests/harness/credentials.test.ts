import { afterEach, describe, expect, test } from "@jest/globals";
import type { Target } from "../../harness/target.ts";
import { headersOf } from "../../harness/target.ts";
import about from "../../package.json" with { type: "json" };
import { makeReport } from "../../reports/make.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { brokenBy, cases, runAgainst } from "../helpers.ts";
import { lobby } from "../servers/lobby.ts";

let close: () => Promise<void> = async () => {};
afterEach(() => close());

const noLogin = cases.filter(({ id }) => id.endsWith("/no-login"));

/** Runs the cases about credentials behind a gateway that lets nobody in without a header. */
async function behind(wanted: string, target: Omit<Target, "url">) {
  const asked: ReadonlyMap<string, string>[] = [];
  const server = await lobby(() => ({
    refuse(_, headers) {
      asked.push(headers);
      return headers.has(wanted) ? undefined : 403;
    },
  }));
  close = server.close;
  const result = await runAgainst(server.url, noLogin, { target: { url: new URL(server.url), ...target } });
  return { asked, result, verdicts: new Set(result.results.map(({ verdict }) => verdict)) };
}

test("the suite says in each handshake who it is, unless the user says otherwise", async () => {
  const usual = await behind("user-agent", { headers: {} });
  const agents = new Set(usual.asked.map((headers) => headers.get("user-agent")));
  expect([...agents]).toEqual([`${about.name}/${about.version}`]);
  expect([...usual.verdicts]).toEqual(["pass"]);
  await close();

  const own = await behind("user-agent", { headers: { "user-agent": "x" } });
  expect([...new Set(own.asked.map((headers) => headers.get("user-agent")))]).toEqual(["x"]);
  expect([...own.verdicts]).toEqual(["pass"]);
});

describe("a client without credentials", () => {
  test.each(["Origin", "X-Region"])("sends %s all the same", async (name) => {
    const { verdicts } = await behind(name.toLowerCase(), { headers: { [name]: "https://example.org" } });
    expect([...verdicts]).toEqual(["pass"]);
  });

  test.each([
    { headers: { Authorization: "Bearer a" } },
    { headers: { COOKIE: "session=a" } },
    { headers: { "proxy-authorization": "Basic a" } },
    { headers: { "X-Region": "eu" }, credentials: { "X-Api-Key": "a" } },
  ])("leaves out what is one: %j", async (target) => {
    const [name = ""] = Object.keys(target.credentials ?? target.headers);
    const { asked, result } = await behind(name.toLowerCase(), target);
    expect(new Set(asked.map((headers) => headers.has(name.toLowerCase())))).toEqual(new Set([true, false]));
    expect(brokenBy(result)).toEqual(["version.no-login"]);
  });

  test("is known by its transcript, and not in a report", async () => {
    const { result } = await behind("authorization", { headers: { Authorization: "Bearer a" } });
    const came = result.results.flatMap(({ connections }) =>
      connections.map(({ name, anonymous }) => [name, anonymous]),
    );
    expect(came).toEqual([
      ["as configured", undefined],
      ["without credentials", true],
      [undefined, true],
    ]);
    const at = { url: "ws://localhost/", embedded: false, strict: false };
    const report = makeReport(result, { suite: about, protocol, target: at });
    expect(JSON.stringify(report)).not.toContain("anonymous");
  });

  test("is every client if there are no credentials", () => {
    expect(headersOf({ headers: { Origin: "null" } })).toMatchObject({ anonymous: true });
    expect(headersOf({ headers: { Origin: "null" }, credentials: { "X-Api-Key": "a" } })).toMatchObject({
      anonymous: false,
    });
  });
});
