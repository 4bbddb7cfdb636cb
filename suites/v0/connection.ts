import type { Connection } from "../../harness/connection.ts";
import type { Context } from "../../harness/scenario.ts";
import type { RequirementId } from "../../schemas/v0/requirements.ts";
import { type Ask, answered, answerTo, asHttp, fieldOf, header, NO_101, outcome, without } from "../websocket/heads.ts";
import { judgeSurvival } from "../websocket/survival.ts";
import { slug } from "../websocket/words.ts";
import { AUTHORIZATION, authorizing, judgeChallenge } from "./authorization.ts";
import { offerCases } from "./connection-offers.ts";
import { dialect } from "./dialect.ts";
import { scenario } from "./protocol.ts";

/** The answer to a client that shall get no WebSocket. */
const REFUSED = { title: "no 101, but an answer in time", not: { const: "HTTP 101" } };

const tokenOf = (value: string) => value.replace(/^\S+ /, "");

const inOtherCase = (token: string) =>
  token.replaceAll(/[a-z]/gi, (it) => (it === it.toUpperCase() ? it.toLowerCase() : it.toUpperCase()));

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

/** Judges that a client which asks so gets no WebSocket, and a challenge with a 401. Resolves to its connection where it got none. */
async function comesInVain<Id extends RequirementId>(
  context: Context<Id | "auth.challenge">,
  requirement: Id,
  ask: Ask,
): Promise<Connection | undefined> {
  const client = await context.connect({ handshake: { ask } });
  if (!context.check(requirement, answered(client), REFUSED)) return undefined;
  judgeChallenge(client, context);
  return client;
}

const authorization = [
  scenario({
    id: "connection/without-authorization",
    title: "a client comes without Authorization",
    tests: ["auth.required", "auth.challenge"],
    async run(context) {
      const client = await context.connect({ anonymous: true });
      if (context.check("auth.required", answered(client), { const: "HTTP 401" })) judgeChallenge(client, context);
    },
  }),

  scenario({
    id: "connection/unknown-token",
    title: "a client comes with a token that nobody issued",
    tests: ["auth.invalid", "auth.challenge", "auth.error"],
    async run(context) {
      const ask = authorizing(() => "Bearer conformance-no-token");
      const client = await comesInVain(context, "auth.invalid", ask);
      if (!client) return;
      context.check("auth.error", `${outcome(client)} ${header(client, "www-authenticate")}`, {
        title: 'HTTP 401, WWW-Authenticate: Bearer error="invalid_token"',
        type: "string",
        pattern: '^HTTP 401 .*error="?invalid_token"?',
      });
    },
  }),

  scenario({
    id: "connection/token-with-a-letter-more",
    title: "a client comes with its token and a letter more",
    tests: ["auth.invalid", "auth.challenge"],
    async run(context) {
      const ask = authorizing((value) => `${value}x`);
      await comesInVain(context, "auth.invalid", ask);
    },
  }),

  scenario({
    id: "connection/token-with-a-letter-less",
    title: "a client comes with its token without the last letter",
    tests: ["auth.invalid", "auth.challenge"],
    async run(context) {
      const ask = authorizing((value) => {
        const shorter = value.replace(/.=*$/, ""); // The padding of base64 means nothing.
        context.conceal(tokenOf(shorter)); // It gives the token away.
        return shorter;
      });
      await comesInVain(context, "auth.invalid", ask);
    },
  }),

  scenario({
    id: "connection/token-in-the-other-case",
    title: "a client comes with its token, each letter of it in the other case",
    tests: ["auth.invalid", "auth.challenge"],
    async run(context) {
      const { connect, check, conceal, unasked } = context;
      let hasLetters = false;
      const ask = authorizing((value) => {
        const other = inOtherCase(tokenOf(value));
        hasLetters = other !== tokenOf(value);
        conceal(other); // It gives the token away.
        return `Bearer ${other}`;
      });
      const client = await connect({ handshake: { ask } });
      if (!hasLetters) return unasked("auth.invalid", "the token has no letters");
      if (check("auth.invalid", answered(client), REFUSED)) judgeChallenge(client, context);
    },
  }),

  ...Object.entries<Ask>({
    "in the scheme Basic": authorizing((value) => `Basic ${tokenOf(value)}`),
    "without a scheme": authorizing(tokenOf),
    "in the scheme Token": authorizing((value) => `Token ${tokenOf(value)}`),
    "in the scheme Digest": authorizing((value) => `Digest ${tokenOf(value)}`),
    "in the scheme Bearer with a colon": authorizing((value) => `Bearer: ${tokenOf(value)}`),
  }).map(([name, ask]) =>
    scenario({
      id: `connection/token-${slug(name)}`,
      title: `a client sends its token ${name}`,
      given: name,
      tests: ["auth.scheme", "auth.challenge"],
      async run(context) {
        await comesInVain(context, "auth.scheme", ask);
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
        check("auth.scheme-case", answered(await connect({ handshake: { ask } })), { const: "HTTP 101" });
      },
    }),
  ),

  ...TOKENS.map(({ key, id, title, requirement, option }) =>
    scenario({
      id,
      title,
      tests: [requirement, "auth.challenge"],
      async run(context: Context<RequirementId>) {
        const { [key]: token } = context.keys;
        if (token === undefined) return context.ungiven(requirement, "such a token", option);
        const ask = authorizing(() => `Bearer ${token}`);
        await comesInVain(context, requirement, ask);
      },
    }),
  ),

  scenario({
    id: "connection/token-in-the-query",
    title: "a client sends its token in the query of the url, and no Authorization",
    tests: ["auth.query", "auth.challenge"],
    async run(context) {
      const ask: Ask = (head) => ({
        ...without(head, "authorization"),
        target: `${head.target}?access_token=${encodeURIComponent(tokenOf(fieldOf(head, AUTHORIZATION)))}`,
      });
      const client = await context.connect({ handshake: { ask } });
      context.report("auth.query", `a token in the query: ${outcome(client)}`);
      judgeChallenge(client, context);
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
    "its token in quotes": authorizing((value) => `Bearer "${tokenOf(value)}"`),
  }).map(([name, ask]) =>
    scenario({
      id: `connection/with-${slug(name)}`,
      title: `a client comes with ${name}`,
      given: name,
      tests: ["auth.many", "auth.challenge"],
      upsets: true,
      async run(context) {
        const bystander = await context.connect({ name: "bystander" });
        const client = await context.connect({ name: "odd", handshake: { ask } });
        if (context.check("auth.many", outcome(client), NO_101, answerTo(client))) judgeChallenge(client, context);
        await judgeSurvival(dialect, context, "auth.many", bystander, client);
      },
    }),
  ),
];

/** The cases of the section "Handshake, authorization, version". */
export const connectionCases = [
  ...authorization,
  ...offerCases,

  scenario({
    id: "connection/plain-get",
    title: "a browser asks for the url of the server",
    tests: ["path.http"],
    async run({ connect, check }) {
      check("path.http", answered(await connect({ anonymous: true, handshake: { ask: asHttp } })), REFUSED);
    },
  }),
];
