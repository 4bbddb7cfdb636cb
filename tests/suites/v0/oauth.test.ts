import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, test } from "@jest/globals";
import WebSocket from "ws";
import { run } from "../../../harness/runner.ts";
import { secrets } from "../../../harness/secrets.ts";
import { usersOf } from "../../../harness/target.ts";
import { HANDSHAKE } from "../../../harness/waited.ts";
import { makeReport } from "../../../reports/make.ts";
import { SUITE } from "../../../reports/suite.ts";
import { DEFAULTS } from "../../../running/defaults.ts";
import { own } from "../../../schemas/v0/index.ts";
import { protocolBy } from "../../../suites/v0/index.ts";

const protocol = protocolBy(own);
const cases = protocol.suites
  .flatMap((suite) => suite.cases)
  .filter(({ id }) => /^(oauth|signout)\/|^requests\/alone$/.test(id));

let close: () => Promise<unknown> = async () => {};
afterEach(() => close());

type Known = Awaited<ReturnType<typeof protocol.serve>>;

/** A server that serves WebSockets as the reference server does, and answers HTTP in its own way. */
async function inFrontOf({ url }: Known, how: RequestListener) {
  const behind = Number(new URL(url).port);
  const server = createServer(how);
  server.on("upgrade", ({ url: path, rawHeaders }, client, head) => {
    const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}\r\n`] : []));
    const tcp = connect(behind, "127.0.0.1", () => tcp.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n${head}`));
    for (const it of [tcp, client]) it.on("error", () => it.destroy());
    tcp.pipe(client).pipe(tcp);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { server, url: `ws://127.0.0.1:${port}/tachyon` };
}

/** Runs the cases of OAuth2 against the reference server, or one in front of it that answers HTTP in its own way. */
async function judge(how?: RequestListener, more: Partial<Known> = {}) {
  const reference = await protocol.serve();
  const front = how && (await inFrontOf(reference, how));
  close = async () => {
    await reference.close();
    front?.server.closeAllConnections();
    front?.server.close();
  };
  const target = {
    url: new URL(front?.url ?? reference.url),
    headers: {},
    ...usersOf({ ...reference, ...more }),
    secrets: secrets("alice-refresh-token", "alice-token"),
  };
  const result = await run(protocol, cases, { ...DEFAULTS, timeout: 1_500, seed: 1, target, once: true });
  const report = makeReport(result, {
    suite: SUITE,
    protocol,
    target: { url: "", embedded: true, strict: false },
  });
  const checks = report.cases.flatMap((it) => it.checks.filter(({ requirement }) => requirement.startsWith("oauth.")));
  return { report, checks };
}

test("no token and no secret is left of what was said, and the reference server keeps all of it", async () => {
  const { report, checks } = await judge();
  expect([report.verdict, report.counts.skip, checks.length > 15]).toEqual(["pass", 0, true]);
  const text = JSON.stringify(report);
  const left = text.match(
    /(?<!messageId\\":\\")(?<![\w-])([\da-f]{8}-[\da-f]{4}-|conformance-secret|alice-refresh-token)/g,
  );
  expect([left, text.includes(btoa("conformance-bot:conformance-secret"))]).toEqual([null, false]);
  expect(text.match(/access_token[^,]{0,9}\[redacted\]/g)?.length).toBeGreaterThan(2);
});

test("what the user did not give is asked of nobody, and makes no run incomplete", async () => {
  const { report } = await judge(undefined, { keys: {} });
  const unasked = report.cases.filter(({ verdict }) => verdict === "skip");
  expect([report.verdict, unasked.length]).toEqual(["pass", 9]);
  for (const { checks } of unasked)
    expect(checks[0]).toMatchObject({ unasked: true, actual: expect.stringMatching(/--client gives one/) });
});

describe("a server owes nothing of OAuth2 if its metadata", () => {
  test.each<[string, RequestListener, RegExp]>([
    ["is not there", (_, response) => void response.writeHead(404).end(), /gives HTTP 404$/],
    ["is a page", (_, response) => void response.end("<html>"), /gives no JSON object$/],
    ["never ends", (_, response) => void response.write("{"), /gives no answer to the handshake$/],
    ["breaks off", (_, response) => void response.write("{", () => response.destroy()), /ECONNRESET/],
    ["is too long", (_, response) => void response.end("x".repeat(70_000)), /TOO_LONG_BODY/],
  ])("%s", async (_, how, why) => {
    const { report, checks } = await judge(how);
    // An answer that is too long to be read leaves open what else it says.
    expect([report.verdict, checks.length]).toEqual([/TOO_LONG/.test(why.source) ? "incomplete" : "pass", 14]);
    for (const check of checks)
      expect(check).toMatchObject({ verdict: "skip", unasked: true, actual: expect.stringMatching(why) });
  });
});

test("a token that does not come in time is a wait in vain, and no wrong answer", async () => {
  const { checks } = await judge(({ url, headers: { host } }, response) => {
    if (url !== "/token") response.end(JSON.stringify({ token_endpoint: `http://${host}/token` }));
  });
  const broken = checks.filter(
    ({ requirement, verdict }) => requirement === "oauth.client-credentials" && verdict !== "skip",
  );
  expect(broken.map(({ silence }) => silence?.what)).toEqual([HANDSHAKE, HANDSHAKE]);
});

test("no secret goes to another origin", async () => {
  const asked: string[] = [];
  const elsewhere = { token_endpoint: "http://127.0.0.1:9/token", revocation_endpoint: "http://127.0.0.1:9/revoke" };
  const { checks } = await judge(({ method, url }, response) => {
    asked.push(`${method} ${url}`);
    response.end(JSON.stringify(elsewhere));
  });
  expect(new Set(asked)).toEqual(new Set(["GET /.well-known/oauth-authorization-server"]));
  const words = checks.filter(({ unasked }) => unasked).map(({ actual }) => actual);
  expect(words.length).toBeGreaterThan(5);
  expect(new Set(words.map((it) => it.replace(/(origin).*/, "$1")))).toEqual(
    new Set(["its endpoint is at another origin"]),
  );
});

test("a user of the reference server logs in by a code, which is good once and for who asked for it", async () => {
  const reference = await protocol.serve();
  close = reference.close;
  const base = reference.url.replace(/^ws(.*)\/tachyon$/, "http$1");
  const redirect = "http://127.0.0.1:5000/callback";
  const verifier = "v".repeat(43);
  const login = async (more: object = {}) => {
    const query = new URLSearchParams({
      ...{ response_type: "code", client_id: "conformance-lobby", redirect_uri: redirect, state: "s" },
      ...{ code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256" },
      ...more,
    });
    const answer = await fetch(`${base}/oauth/authorize?${query}`, { redirect: "manual" });
    return { status: answer.status, to: new URL(answer.headers.get("location") ?? "http://none/").searchParams };
  };
  const token = async (fields: Record<string, string>) => {
    const body = new URLSearchParams({ client_id: "conformance-lobby", ...fields });
    return (await fetch(`${base}/oauth/token`, { method: "POST", body })).json();
  };
  const by = (code: string, proof = verifier) =>
    token({ grant_type: "authorization_code", code, code_verifier: proof, redirect_uri: redirect });

  const { status, to } = await login({ login_hint: "bob" });
  expect([status, to.get("state"), to.get("iss")]).toEqual([302, "s", base]);
  const code = to.get("code") ?? "";
  const tokens = await by(code);
  expect(tokens).toMatchObject({ token_type: "Bearer", refresh_token: expect.any(String) });
  expect(await by(code)).toEqual({ error: "invalid_grant" });
  expect(await by((await login()).to.get("code") ?? "", "w".repeat(43))).toEqual({ error: "invalid_grant" });
  const next = await token({ grant_type: "refresh_token", refresh_token: tokens.refresh_token });
  const socket = new WebSocket(reference.url, "v0.tachyon", {
    headers: { Authorization: `Bearer ${next.access_token}` },
  });
  const [first] = await once(socket, "message");
  expect(JSON.parse(String(first)).data.user.username).toBe("bob");
  socket.terminate();
  expect((await login({ redirect_uri: "https://evil.example/" })).status).toBe(400);
  expect((await login({ code_challenge_method: "plain" })).to.get("error")).toBe("invalid_request");
});

test("a form without an end is answered all the same", async () => {
  const server = await protocol.serve();
  close = server.close;
  const { host } = new URL(server.url);
  const asking = request(`http://${host}/oauth/token`, { method: "POST" });
  asking.on("error", () => {}); // The server ends the connection behind its answer.
  asking.write("x".repeat(20_000));
  const [{ statusCode }] = await once(asking, "response");
  asking.destroy();
  expect(statusCode).toBe(401);
});
