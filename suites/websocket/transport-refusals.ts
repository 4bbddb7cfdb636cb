import type { Case } from "../../harness/scenario.ts";
import type { Dialect } from "./dialect.ts";
import { type Ask, answered, answerTo, asHttp, NO_101, outcome, setting, targeting, without } from "./heads.ts";
import { ACTING, judgeSurvival, resetAll } from "./survival.ts";
import { slug } from "./words.ts";

/** Clients that a server may refuse: they ask for no WebSocket, ask wrongly, or oddly. Part of "WebSocket transport". */
export const refusalCases = (dialect: Dialect): readonly Case[] => [
  ...http(dialect),
  ...strict(dialect),

  dialect.scenario({
    id: "transport/reset-in-the-handshake",
    title: "a client resets its connection in the middle of the handshake",
    tests: ["transport.survives"],
    async run(context) {
      const bystander = await context.connect({ name: "bystander" });
      const client = await context.connect({ ...ACTING, handshake: { half: true } });
      await resetAll(context, client);
      await judgeSurvival(dialect, context, "transport.survives", bystander, client);
    },
  }),

  dialect.scenario({
    id: "transport/end-of-tcp-before-the-handshake",
    title: "a client ends its TCP connection before it sends a byte",
    tests: ["transport.survives"],
    async run(context) {
      const bystander = await context.connect({ name: "bystander" });
      const client = await context.connect({ ...ACTING, handshake: { half: "none", violation: "no request at all" } });
      client.hangUp();
      await judgeSurvival(dialect, context, "transport.survives", bystander, client);
    },
  }),

  ...odd(dialect),
];

const http = ({ scenario }: Dialect) =>
  Object.entries<Ask>({
    GET: asHttp,
    "GET of HTTP/1.0": (head) => ({ ...asHttp(head), protocol: "HTTP/1.0" }),
    POST: (head) => ({
      ...setting(setting(asHttp(head), "Content-Type", "application/json"), "Content-Length", "2"),
      method: "POST",
      body: "{}",
    }),
    HEAD: (head) => ({ ...asHttp(head), method: "HEAD" }),
    PUT: (head) => ({ ...setting(asHttp(head), "Content-Length", "2"), method: "PUT", body: "{}" }),
    OPTIONS: (head) => ({ ...asHttp(head), method: "OPTIONS" }),
  }).map(([name, ask]) =>
    scenario({
      id: `transport/http-${slug(name)}`,
      title: `a client sends a plain ${name}`,
      given: ask,
      tests: ["transport.http"],
      async run({ connect, check }) {
        check("transport.http", answered(await connect({ handshake: { ask } })), {
          title: "an HTTP status other than 101, or the end of the TCP connection, in time",
          not: { const: "HTTP 101" },
        });
      },
    }),
  );

const strict = (dialect: Dialect) =>
  Object.entries<Ask>({
    "without a key": (head) => without(head, "sec-websocket-key"),
    "with Sec-WebSocket-Version: 12": (head) => setting(head, "Sec-WebSocket-Version", "12"),
    "by POST": (head) => ({ ...setting(head, "Content-Length", "0"), method: "POST" }),
    "by HEAD": (head) => ({ ...head, method: "HEAD" }),
    "by PUT": (head) => ({ ...setting(head, "Content-Length", "0"), method: "PUT" }),
    "by OPTIONS": (head) => ({ ...head, method: "OPTIONS" }),
  }).map(([name, ask]) =>
    dialect.scenario({
      id: `transport/strict-${slug(name)}`,
      title: `a client asks for a WebSocket ${name}`,
      given: ask,
      tests: ["transport.strict-handshake", "transport.survives"],
      async run(context) {
        const bystander = await context.connect({ name: "bystander" });
        const client = await context.connect({ ...ACTING, handshake: { ask, violation: name } });
        context.check("transport.strict-handshake", outcome(client), NO_101, answerTo(client));
        await judgeSurvival(dialect, context, "transport.survives", bystander, client);
      },
    }),
  );

const odd = (dialect: Dialect) =>
  Object.entries<Ask>({
    "the request target //": targeting((target) => target.replace(/^[^?]*/, "//")),
    "an absolute URL as its request target": targeting((target, host) => `http://${host}${target}`),
    "a broken percent escape in its path": targeting((target) => target.replace(/\?|$/, "%zz$&")),
    "a broken percent escape in its query": targeting((target) => `${target}&a=%`),
    "an Origin of null": (head) => setting(head, "Origin", "null"),
    "an Origin that is no URL": (head) => setting(head, "Origin", "][ %zz \\ banana"),
    "an Origin of another site": (head) => setting(head, "Origin", "http://evil.example"),
    "an empty Host": (head) => setting(head, "Host", ""),
    "a Host with a space": (head) => setting(head, "Host", "local host"),
    "a Host with an open bracket": (head) => setting(head, "Host", "[::1"),
    "a query of 8 KiB": targeting((target) => `${target}&a=${"x".repeat(8 << 10)}`),
    "a query of 64 KiB": targeting((target) => `${target}&a=${"x".repeat(64 << 10)}`),
  }).map(([name, ask]) =>
    dialect.scenario({
      id: `transport/odd-${slug(name)}`,
      title: `a client asks for a WebSocket with ${name}`,
      given: ask,
      tests: ["transport.survives"],
      async run(context) {
        const bystander = await context.connect({ name: "bystander" });
        const client = await context.connect({ ...ACTING, handshake: { ask } });
        await judgeSurvival(dialect, context, "transport.survives", bystander, client);
      },
    }),
  );
