import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { BOT, type User, type World } from "./world.ts";

/** The scope of everything that the protocol allows. */
const SCOPE = "tachyon.lobby";

/** The path of the WebSocket. */
export const PATH = "/tachyon";

/** Why a client gets no WebSocket. */
export interface Refusal {
  readonly status: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const unauthorized = (error?: string): Refusal => ({
  status: "401 Unauthorized",
  headers: { "WWW-Authenticate": `Bearer realm="tachyon"${error === undefined ? "" : `, error="${error}"`}` },
});

/** The user who asks for a WebSocket, or why nobody does (RFC 6750). */
export function authorize({ headersDistinct }: IncomingMessage, world: World): User | Refusal {
  const [header, ...more] = headersDistinct.authorization ?? [];
  if (header === undefined) return unauthorized();
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(header) ?? [];
  if (token === undefined || more.length > 0) return unauthorized("invalid_request");
  return world.bearer(token) ?? unauthorized("invalid_token");
}

/** Answers all requests that ask for no WebSocket: the endpoints of OAuth, and who came by mistake. */
export async function answerHttp(request: IncomingMessage, response: ServerResponse, world: World): Promise<void> {
  const [path = ""] = (request.url ?? "").split("?", 1);
  const endpoint = ENDPOINTS[`${request.method} ${path}`];
  if (endpoint) return await endpoint(request, response, world);
  if (path === PATH) response.writeHead(426, { Upgrade: "websocket", Connection: "close" }).end();
  else response.writeHead(404, { Connection: "close" }).end();
}

type Endpoint = (request: IncomingMessage, response: ServerResponse, world: World) => void | Promise<void>;

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  // RFC 8414. There is no page where a user could log in: users have tokens that are known.
  "GET /.well-known/oauth-authorization-server": ({ headers }, response) => {
    const issuer = `http://${headers.host}`;
    json(response, 200, {
      issuer,
      token_endpoint: `${issuer}/oauth/token`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      response_types_supported: [],
      grant_types_supported: ["client_credentials"],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
      scopes_supported: [SCOPE],
    });
  },

  // RFC 6749, 4.4.
  "POST /oauth/token": async (request, response, world) => {
    const form = await formOf(request);
    const bot = world.user(BOT.user);
    const { grant_type: grant, scope = SCOPE } = Object.fromEntries(form);
    if (!isBot(request, form) || !bot) return json(response, 401, { error: "invalid_client" });
    if (grant === undefined) return json(response, 400, { error: "invalid_request" });
    if (grant !== "client_credentials") return json(response, 400, { error: "unsupported_grant_type" });
    if (scope !== SCOPE) return json(response, 400, { error: "invalid_scope" });
    json(response, 200, { access_token: world.issue(bot), token_type: "Bearer", scope, expires_in: 86_400 });
  },

  // RFC 7009.
  "POST /oauth/revoke": async (request, response, world) => {
    const form = await formOf(request);
    if (!isBot(request, form)) return json(response, 401, { error: "invalid_client" });
    world.revoke(form.get("token") ?? "");
    json(response, 200, {});
  },
};

/** Tells if a request comes from the bot, by its header or its form. */
function isBot({ headers: { authorization = "" } }: IncomingMessage, form: URLSearchParams): boolean {
  const [, basic] = /^Basic (.*)$/i.exec(authorization) ?? [];
  const given =
    basic === undefined
      ? `${form.get("client_id")}:${form.get("client_secret")}`
      : Buffer.from(basic, "base64").toString();
  return given === `${BOT.id}:${BOT.secret}`;
}

/** More bytes than a form can have here. */
const TOO_MUCH = 10_000;

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  if (!(Number(request.headers["content-length"] ?? 0) <= TOO_MUCH)) return new URLSearchParams();
  return new URLSearchParams(await text(request));
}

function json(response: ServerResponse, status: number, body: object): void {
  const headers = { "Content-Type": "application/json", "Cache-Control": "no-store", Connection: "close" };
  response.writeHead(status, headers).end(JSON.stringify(body));
}
