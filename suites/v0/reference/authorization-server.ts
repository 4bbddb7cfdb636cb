import { createHash } from "node:crypto";
import { SCOPE } from "../authorization.ts";
import { BOT, type Grant, LOBBY, type World } from "./world.ts";

/** A request at an endpoint of OAuth2. */
export interface Asked {
  readonly origin: string;
  /** The parameters in the form, or in the query of a GET. */
  readonly form: URLSearchParams;
  /** The header; empty where there is none. */
  readonly authorization: string;
}

/** The answer to such a request: JSON, which no cache keeps unless the headers say so. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The endpoints of an authorization server. */
export type Endpoint = "metadata" | "authorize" | "token" | "revoke";

/** The endpoints by their methods and paths. */
export const ROUTES: Readonly<Record<string, Endpoint>> = {
  "GET /.well-known/oauth-authorization-server": "metadata",
  "GET /oauth/authorize": "authorize",
  "POST /oauth/token": "token",
  "POST /oauth/revoke": "revoke",
};

/** Answers a request at an endpoint of OAuth2. */
export const answerBy =
  (world: World) =>
  (endpoint: Endpoint, asked: Asked): Answer =>
    ENDPOINTS[endpoint](asked, world);

const ok = (body: Answer["body"]): Answer => ({ status: 200, body });
const refuse = (error: string): Answer => ({ status: 400, body: { error } });

/** Refuses a client that is none, with the challenge that one which came by the header must get (RFC 6749, 5.2). */
const NO_CLIENT: Answer = {
  status: 401,
  body: { error: "invalid_client" },
  headers: { "WWW-Authenticate": 'Basic realm="tachyon"' },
};

const ENDPOINTS: Readonly<Record<Endpoint, (asked: Asked, world: World) => Answer>> = {
  // RFC 8414.
  metadata: ({ origin }) =>
    ok({
      issuer: origin,
      authorization_endpoint: `${origin}/oauth/authorize`,
      token_endpoint: `${origin}/oauth/token`,
      revocation_endpoint: `${origin}/oauth/revoke`,
      response_types_supported: ["code"],
      grant_types_supported: Object.keys(GRANTS),
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
      scopes_supported: [SCOPE],
    }),

  // RFC 6749, 4.1.1. A real server shows a page here, where a user logs in. This one knows who it is: the first, or `login_hint`.
  authorize({ origin, form }, world) {
    const { client_id: id, redirect_uri: redirect = "", ...asked } = Object.fromEntries(form);
    if (id !== LOBBY.id || !LOOPBACK.test(redirect)) return refuse("invalid_request");
    const user = world.users.find(({ name }) => name === (asked.login_hint ?? "alice"));
    const isRight = asked.response_type === "code" && asked.code_challenge_method === "S256" && user;
    const to = new URL(redirect);
    if (asked.state !== undefined) to.searchParams.set("state", asked.state);
    to.searchParams.set("iss", origin);
    if (!isRight || !asked.code_challenge) to.searchParams.set("error", "invalid_request");
    else
      to.searchParams.set(
        "code",
        world.issue({ use: "code", user, scope: SCOPE, challenge: asked.code_challenge, redirect }),
      );
    return { status: 302, body: {}, headers: { Location: to.href } };
  },

  // RFC 6749, 3.2.
  token(asked, world) {
    const { grant_type: name } = Object.fromEntries(asked.form);
    if (!isKnown(asked)) return NO_CLIENT;
    if (name === undefined) return refuse("invalid_request");
    return GRANTS[name]?.(asked, world) ?? refuse("unsupported_grant_type");
  },

  // RFC 7009.
  revoke(asked, world) {
    if (!isKnown(asked)) return NO_CLIENT;
    world.revoke(asked.form.get("token") ?? "");
    return ok({});
  },
};

/** A lobby runs on the machine of its user and listens there for the code (RFC 8252, 7.3). */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d{1,5})?\//;

const GRANTS: Readonly<Record<string, (asked: Asked, world: World) => Answer>> = {
  // RFC 6749, 4.4.
  client_credentials(asked, world) {
    const user = world.user(BOT.user);
    if (!isBot(asked) || !user) return NO_CLIENT;
    const scope = asked.form.get("scope") ?? SCOPE;
    if (scope !== SCOPE) return refuse("invalid_scope");
    return ok(issued(world, { user, scope }));
  },

  // RFC 6749, 4.1.3, and RFC 7636.
  authorization_code({ form }, world) {
    const { code, code_verifier: verifier, redirect_uri: redirect } = Object.fromEntries(form);
    if (code === undefined || verifier === undefined) return refuse("invalid_request");
    const grant = world.grant("code", code);
    world.revoke(code);
    const proof = createHash("sha256").update(verifier).digest("base64url");
    if (grant?.challenge !== proof || grant.redirect !== redirect) return refuse("invalid_grant");
    return ok(issued(world, grant, true));
  },

  // RFC 6749, 6. The token that was sent stays good, so that a run can come with it again.
  refresh_token({ form }, world) {
    const token = form.get("refresh_token");
    if (token === null) return refuse("invalid_request");
    const grant = world.grant("refresh", token);
    if (!grant) return refuse("invalid_grant");
    return ok(issued(world, grant, true));
  },
};

/** The tokens that a user gets: one for WebSockets, and where it is wanted one for the next of these. */
export const issued = (world: World, { user, scope }: Pick<Grant, "user" | "scope">, refreshing = false) => ({
  access_token: world.issue({ use: "access", user, scope }),
  ...(refreshing && { refresh_token: world.issue({ use: "refresh", user, scope }) }),
  token_type: "Bearer",
  expires_in: 86_400,
  scope,
});

/** Tells if a request comes from a client that there is: the bot with its secret, or the lobby, which can keep none. */
const isKnown = (asked: Asked): boolean =>
  isBot(asked) || (asked.form.get("client_id") === LOBBY.id && !asked.authorization);

/** Tells if a request comes from the bot, by its header or its form. */
function isBot({ authorization, form }: Asked): boolean {
  const [, basic] = /^Basic (.*)$/i.exec(authorization) ?? [];
  const [id, secret] =
    basic === undefined
      ? [form.get("client_id"), form.get("client_secret")]
      : Buffer.from(basic, "base64").toString().split(":").map(decoded);
  return id === BOT.id && secret === BOT.secret;
}

/** The text that a form encodes. */
const decoded = (it: string): string => new URLSearchParams(`_=${it}`).get("_") ?? "";
