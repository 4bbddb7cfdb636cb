import { SCOPE } from "../../authorization.ts";
import { type Answer, type Asked, type Endpoint, issued } from "../authorization-server.ts";
import type { Behaviour } from "../behaviour.ts";
import { BOT } from "../world.ts";
import type { Faults, ReferenceFault } from "./fault.ts";

type Change = ReferenceFault["change"];

/** A change of the answers of one endpoint; nothing where they are the usual ones. */
const answering =
  (which: Endpoint, instead: (answer: Answer, asked: Asked, normal: Behaviour) => Answer | undefined): Change =>
  (normal) => ({
    answer(endpoint, asked) {
      const answer = normal.answer(endpoint, asked);
      return endpoint === which ? (instead(answer, asked, normal) ?? answer) : answer;
    },
  });

/** A change of the metadata. */
const saying = (more: Readonly<Record<string, unknown>>): Change =>
  answering("metadata", (answer) => ({ ...answer, body: { ...answer.body, ...more } }));

/** A change of the answers to mistakes. */
const refusing = (change: (answer: Answer) => Answer): Change =>
  answering("token", (answer) => (answer.status === 400 ? change(answer) : undefined));

/** Gives a token to the bot, whatever scope it asks for. */
const grantTo = (world: Behaviour["world"], refreshing = false): Answer | undefined => {
  const user = world.user(BOT.user);
  return user && { status: 200, body: issued(world, { user, scope: SCOPE }, refreshing) };
};

/** Faults of the section "OAuth2". */
export const oauthFaults: Faults = {
  "calls-itself-otherwise": {
    says: "Names an issuer in its metadata that is not where the metadata stands.",
    breaks: "oauth.metadata",
    change: saying({ issuer: "https://lobby.example" }),
  },
  "sends-its-metadata-as-text": {
    says: "Sends its metadata as text/plain.",
    breaks: "oauth.metadata",
    change: answering("metadata", (answer) => ({ ...answer, headers: { "Content-Type": "text/plain" } })),
  },
  "says-no-response-types": {
    says: "Leaves response_types_supported out of its metadata.",
    breaks: "oauth.metadata",
    change: saying({ response_types_supported: undefined }),
  },
  "has-no-token-endpoint": {
    says: "Leaves the token_endpoint out of its metadata.",
    breaks: "oauth.metadata",
    change: saying({ token_endpoint: undefined }),
  },
  "takes-plain-challenges": {
    says: "Knows no S256 for PKCE.",
    breaks: "oauth.pkce",
    change: saying({ code_challenge_methods_supported: ["plain"] }),
  },
  "lets-no-user-log-in": {
    says: "Leaves the authorization_endpoint out of its metadata.",
    breaks: "oauth.pkce",
    change: saying({ authorization_endpoint: undefined }),
  },
  "looks-at-no-secret": {
    says: "Gives a token to a client with a wrong secret.",
    breaks: "oauth.client-credentials",
    change: answering("token", ({ status }, { authorization }, { world }) =>
      status === 401 && authorization !== "" ? grantTo(world) : undefined,
    ),
  },
  "says-forbidden-to-wrong-secrets": {
    says: "Answers a client with a wrong secret with 403 and an error of its own.",
    breaks: "oauth.client-credentials",
    change: answering("token", ({ status }, { authorization }) =>
      status === 401 && authorization !== "" ? { status: 403, body: { error: "forbidden" } } : undefined,
    ),
  },
  "gives-tokens-that-open-nothing": {
    says: "Gives clients tokens that it does not know when they connect.",
    breaks: "oauth.client-credentials",
    change: answering("token", (answer) =>
      answer.status === 200 ? { ...answer, body: { ...answer.body, access_token: "conformance" } } : undefined,
    ),
  },
  "gives-tokens-of-no-type": {
    says: "Leaves out the type of the tokens that it gives.",
    breaks: "oauth.client-credentials",
    change: answering("token", (answer) => ({ ...answer, body: { ...answer.body, token_type: undefined } })),
  },
  "lets-caches-keep-tokens": {
    says: "Does not say that no cache may keep a token.",
    breaks: "oauth.no-store",
    change: answering("token", (answer) => ({ ...answer, headers: { "Cache-Control": "private" } })),
  },
  "has-errors-of-its-own": {
    says: "Names errors for requests of tokens that no RFC knows.",
    breaks: "oauth.errors",
    also: ["oauth.revocation"],
    change: refusing((answer) => ({ ...answer, body: { error: "bad_request" } })),
  },
  "says-forbidden-to-nobody": {
    says: "Answers a request for a token that comes from no client with 403.",
    breaks: "oauth.errors",
    change: answering("token", ({ status, body }, { authorization }) =>
      status === 401 && authorization === "" ? { status: 403, body } : undefined,
    ),
  },
  "calls-mistakes-a-success": {
    says: "Answers a mistaken request for a token with 200.",
    breaks: "oauth.errors",
    also: ["oauth.revocation"],
    change: refusing((answer) => ({ ...answer, status: 200 })),
  },
  "does-not-look-at-scopes-that-are-asked-for": {
    says: "Gives a token for a scope that nobody defines, and does not say for which.",
    breaks: "oauth.errors",
    change: answering("token", ({ body }, _, { world }) => {
      const answer = body.error === "invalid_scope" ? grantTo(world) : undefined;
      return answer && { ...answer, body: { ...answer.body, scope: undefined } };
    }),
  },
  "has-no-revocation-endpoint": {
    says: "Leaves the revocation_endpoint out of its metadata.",
    breaks: "oauth.revocation",
    change: saying({ revocation_endpoint: undefined }),
  },
  "minds-unknown-tokens": {
    says: "Answers 400 to who revokes what is no token.",
    breaks: "oauth.revocation",
    change: answering("revoke", (_, { form }) =>
      form.get("token") === "conformance-no-token" ? { status: 400, body: { error: "invalid_token" } } : undefined,
    ),
  },
  "refreshes-what-is-revoked": {
    says: "Takes a refresh token that was revoked.",
    breaks: "oauth.revocation",
    change: answering("token", ({ body }, _, { world }) =>
      body.error === "invalid_grant" ? grantTo(world, true) : undefined,
    ),
  },
  "forgets-no-token": {
    says: "Serves a client with a token that it revoked.",
    breaks: "oauth.revoked",
    change: ({ answer, world }) => ({
      answer(endpoint, asked) {
        const isAccess = world.grant("access", asked.form.get("token") ?? "") !== undefined;
        return endpoint === "revoke" && isAccess ? { status: 200, body: {} } : answer(endpoint, asked);
      },
    }),
  },
};
