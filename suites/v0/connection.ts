import type { Connection } from "../../harness/connection.ts";
import type { Context } from "../../harness/scenario.ts";
import { NO_ANSWER, responseOf } from "../../harness/upgrade.ts";
import type { RequirementId } from "../../schemas/v0/requirements.ts";
import { type Ask, answerTo, fieldOf, header, outcome, plain, without } from "../websocket/heads.ts";
import { judgeSurvival } from "../websocket/survival.ts";
import { slug } from "../websocket/words.ts";
import { AUTHORIZATION, authorizing } from "./authorization.ts";
import { dialect } from "./dialect.ts";
import { SUBPROTOCOL, scenario } from "./protocol.ts";

const PROTOCOL = "Sec-WebSocket-Protocol";

/** The answer to a client that shall get no WebSocket. */
const REFUSED = { title: "no 101, but an answer in time", not: { enum: ["HTTP 101", NO_ANSWER] } };

const tokenOf = (value: string) => value.replace(/^\S+ /, "");

/** Tokens that are good, and not for this. */
const TOKENS = [
  {
    key: "unscoped",
    id: "connection/token-without-the-scope",
    title: "a client comes with a token that lacks the scope of the protocol",
    requirement: "auth.scope",
    option: "--unscoped-token",
  },
  {
    key: "refresh",
    id: "connection/refresh-token",
    title: "a client comes with a refresh token",
    requirement: "auth.refresh",
    option: "--refresh-token",
  },
] as const;

const authorization = [
  scenario({
    id: "connection/without-authorization",
    title: "a client comes without Authorization",
    tests: ["auth.required", "auth.challenge"],
    async run({ connect, check }) {
      const client = await connect({ anonymous: true });
      if (!check("auth.required", outcome(client), { const: "HTTP 401" })) return;
      check("auth.challenge", header(client, "www-authenticate"), {
        title: "WWW-Authenticate: Bearer …",
        type: "string",
        pattern: "^[Bb]earer\\b",
      });
    },
  }),

  scenario({
    id: "connection/unknown-token",
    title: "a client comes with a token that nobody issued",
    tests: ["auth.invalid", "auth.error"],
    async run({ connect, check }) {
      const client = await connect({ handshake: { ask: authorizing(() => "Bearer conformance-no-token") } });
      if (!check("auth.invalid", outcome(client), REFUSED)) return;
      check("auth.error", `${outcome(client)} ${header(client, "www-authenticate")}`, {
        title: 'HTTP 401, WWW-Authenticate: Bearer error="invalid_token"',
        type: "string",
        pattern: '^HTTP 401 .*error="?invalid_token"?',
      });
    },
  }),

  scenario({
    id: "connection/token-with-a-letter-more",
    title: "a client comes with its token and a letter more",
    tests: ["auth.invalid"],
    async run({ connect, check }) {
      const client = await connect({ handshake: { ask: authorizing((value) => `${value}x`) } });
      check("auth.invalid", outcome(client), REFUSED);
    },
  }),

  ...Object.entries<Ask>({
    "in the scheme Basic": authorizing((value) => `Basic ${tokenOf(value)}`),
    "without a scheme": authorizing(tokenOf),
    "in the scheme Token": authorizing((value) => `Token ${tokenOf(value)}`),
    "behind an empty scheme": authorizing((value) => ` ${tokenOf(value)}`.trim()),
  }).map(([name, ask]) =>
    scenario({
      id: `connection/token-${slug(name)}`,
      title: `a client sends its token ${name}`,
      given: name,
      tests: ["auth.scheme"],
      async run({ connect, check }) {
        check("auth.scheme", outcome(await connect({ handshake: { ask } })), REFUSED);
      },
    }),
  ),

  ...["bearer", "BEARER"].map((scheme) =>
    scenario({
      id: `connection/scheme-${scheme === "bearer" ? "in-lower-case" : "in-upper-case"}`,
      title: `a client names the scheme of its token ${scheme}`,
      given: scheme,
      tests: ["auth.scheme-case"],
      async run({ connect, check }) {
        const ask = authorizing((value) => `${scheme} ${tokenOf(value)}`);
        check("auth.scheme-case", outcome(await connect({ handshake: { ask } })), { const: "HTTP 101" });
      },
    }),
  ),

  ...TOKENS.map(({ key, id, title, requirement, option }) =>
    scenario({
      id,
      title,
      tests: [requirement],
      async run({ connect, check, ungiven, keys }: Context<RequirementId>) {
        const { [key]: token } = keys;
        if (token === undefined) return ungiven(requirement, "such a token", option);
        const ask = authorizing(() => `Bearer ${token}`);
        check(requirement, outcome(await connect({ handshake: { ask } })), REFUSED);
      },
    }),
  ),

  scenario({
    id: "connection/token-in-the-query",
    title: "a client sends its token in the query of the url, and no Authorization",
    tests: ["auth.query"],
    async run({ connect, report }) {
      const ask: Ask = (head) => ({
        ...without(head, "authorization"),
        target: `${head.target}?access_token=${encodeURIComponent(tokenOf(fieldOf(head, AUTHORIZATION)))}`,
      });
      report("auth.query", `a token in the query: ${outcome(await connect({ handshake: { ask } }))}`);
    },
  }),

  ...Object.entries<Ask>({
    "two Authorization headers": (head) => ({
      ...head,
      headers: [...head.headers, [AUTHORIZATION, "Bearer conformance-no-token"]],
    }),
    "a token of 64 KiB": authorizing(() => `Bearer ${"x".repeat(64 << 10)}`),
    "a token of control characters": authorizing(() => "Bearer \u0001\u0002\u0003"),
    "an empty token": authorizing(() => "Bearer "),
  }).map(([name, ask]) =>
    scenario({
      id: `connection/with-${slug(name)}`,
      title: `a client comes with ${name}`,
      given: name,
      tests: ["auth.many"],
      upsets: true,
      async run(context) {
        const bystander = await context.connect({ name: "bystander" });
        const client = await context.connect({ name: "odd", handshake: { ask } });
        const expected = { title: "no 101", not: { const: "HTTP 101" } };
        context.check("auth.many", outcome(client), expected, answerTo(client));
        await judgeSurvival(dialect, context, "auth.many", bystander, client);
      },
    }),
  ),
];

/** Offers these subprotocols, each text in a header of its own. */
const offering =
  (...offers: readonly string[]): Ask =>
  (head) => {
    const rest = without(head, PROTOCOL.toLowerCase());
    return { ...rest, headers: [...rest.headers, ...offers.map((it) => [PROTOCOL, it] as const)] };
  };

/** The subprotocol that is selected, or what became of the handshake. */
const selected = (client: Connection): string =>
  responseOf(client.transcript)?.status === 101 ? header(client, PROTOCOL.toLowerCase()) : outcome(client);

interface Offer {
  readonly requirement: RequirementId;
  readonly offers: readonly string[];
  /** The only one that may be selected; without it none may be. */
  readonly wanted?: string;
}

const OFFERS: Readonly<Record<string, Offer>> = {
  "as any client does": { requirement: "version.selected", offers: [SUBPROTOCOL], wanted: SUBPROTOCOL },
  "behind others": {
    requirement: "version.list",
    offers: [`foo, v9.tachyon, ${SUBPROTOCOL}`],
    wanted: SUBPROTOCOL,
  },
  "before others": { requirement: "version.list", offers: [`${SUBPROTOCOL},foo`], wanted: SUBPROTOCOL },
  "in a second header": { requirement: "version.list", offers: ["foo", SUBPROTOCOL], wanted: SUBPROTOCOL },
  "of another major": { requirement: "version.unsupported", offers: ["v9.tachyon"] },
  "of major 1": { requirement: "version.unsupported", offers: ["v1.tachyon, v2.0.tachyon"] },
  "of a higher minor": { requirement: "version.higher-minor", offers: ["v0.7.tachyon"], wanted: "v0.7.tachyon" },
  "of minor 12": { requirement: "version.higher-minor", offers: ["v0.12.tachyon"], wanted: "v0.12.tachyon" },
  "of minor 0": { requirement: "version.minor-zero", offers: ["v0.0.tachyon"], wanted: "v0.0.tachyon" },
  "of two minors": {
    requirement: "version.highest",
    offers: [`${SUBPROTOCOL}, v0.1.tachyon`],
    wanted: "v0.1.tachyon",
  },
  "of minors 9 and 10": {
    requirement: "version.highest",
    offers: ["v0.10.tachyon, v0.9.tachyon"],
    wanted: "v0.10.tachyon",
  },
  ...Object.fromEntries(
    ["v0tachyon", "0.tachyon", "v00.tachyon", "v-1.tachyon", "xv0.tachyon", "V0.tachyon", "v0.tachyon.v0"].map((it) => [
      `of the form ${it}`,
      { requirement: "version.near-miss", offers: [it] } as const,
    ]),
  ),
};

const offers = Object.entries(OFFERS).map(([name, { requirement, offers: some, wanted }]) =>
  scenario({
    id: `connection/offer-${slug(name)}`,
    title: `a client offers the subprotocol ${some.join(", and in another header ")}`,
    given: [some, wanted],
    tests: [requirement],
    async run({ connect, check }: Context<RequirementId>) {
      const client = await connect({ handshake: { ask: offering(...some) } });
      const expected =
        wanted === undefined ? { title: "none selected, or no 101", not: { pattern: "^v|^xv|^0|^V" } } : {};
      check(requirement, selected(client), wanted === undefined ? { type: "string", ...expected } : { const: wanted });
    },
  }),
);

/** The cases of the section "Handshake, authorization, version". */
export const connectionCases = [
  ...authorization,
  ...offers,

  scenario({
    id: "connection/offer-nothing",
    title: "a client offers no subprotocol",
    tests: ["version.missing"],
    async run({ connect, check }) {
      check("version.missing", outcome(await connect({ handshake: { ask: offering() } })), {
        title: "no 101",
        not: { const: "HTTP 101" },
      });
    },
  }),

  scenario({
    id: "connection/plain-get",
    title: "a browser asks for the url of the server",
    tests: ["path.http"],
    async run({ connect, check }) {
      check("path.http", outcome(await connect({ anonymous: true, handshake: { ask: plain } })), REFUSED);
    },
  }),
];
