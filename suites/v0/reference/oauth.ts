import type { IncomingMessage, ServerResponse } from "node:http";
import { SCOPE } from "../authorization.ts";
import { SUBPROTOCOL } from "../protocol.ts";
import { type Answer, type Asked, type Endpoint, ROUTES } from "./authorization-server.ts";
import type { User, World } from "./world.ts";

/** The path of the WebSocket. */
export const PATH = "/tachyon";

/** The answer to a client that gets no WebSocket. */
export interface Refusal {
  readonly status: string;
  /** A sentence for the author of the client. */
  readonly why?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const refusal = (status: string, why: string, more: string): Refusal => ({
  status,
  why,
  headers: { "WWW-Authenticate": `Bearer realm="tachyon"${more}` },
});
const unauthorized = (why: string, error?: string) =>
  refusal("401 Unauthorized", why, error === undefined ? "" : `, error="${error}"`);

/** The user who asks for a WebSocket, or why nobody does (RFC 6750). */
export function authorize({ headersDistinct }: IncomingMessage, world: World): User | Refusal {
  const [header, ...more] = headersDistinct.authorization ?? [];
  if (header === undefined) return unauthorized("There is no header Authorization: Bearer <token>.");
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(header) ?? [];
  if (token === undefined || more.length > 0)
    return unauthorized("Give one header Authorization: Bearer <token>.", "invalid_request");
  const grant = world.grant("access", token);
  if (!grant) return unauthorized("The access token is unknown, or expired.", "invalid_token");
  if (grant.scope !== SCOPE)
    return refusal(
      "403 Forbidden",
      `The access token lacks the scope ${SCOPE}.`,
      `, error="insufficient_scope", scope="${SCOPE}"`,
    );
  return grant.user;
}

/** Answers a request at an endpoint of OAuth2. `http` answers all others that ask for no WebSocket. */
export async function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  {
    answer,
    http,
  }: {
    answer(endpoint: Endpoint, asked: Asked): Answer;
    http(request: IncomingMessage, response: ServerResponse): void;
  },
): Promise<void> {
  const { method, url = "", headers } = request;
  const [path = "", query = ""] = url.split("?", 2);
  const endpoint = ROUTES[`${method} ${path}`];
  if (!endpoint) return http(request, response);
  const form = method === "POST" ? await formOf(request) : new URLSearchParams(query);
  const { host, authorization = "" } = headers;
  send(response, answer(endpoint, { origin: `http://${host}`, form, authorization }));
}

/** A sentence for who asks otherwise than a client does. */
const HOW_TO_CONNECT = `Connect by WebSocket at ${PATH} with the subprotocol ${SUBPROTOCOL}.`;

/** The answer to who asks for a WebSocket elsewhere. */
export const WRONG_PATH: Refusal = { status: "404 Not Found", why: HOW_TO_CONNECT };

/** Answers a request for a page. */
export function answerPage({ url = "" }: IncomingMessage, response: ServerResponse): void {
  const isSocket = url.split("?", 1)[0] === PATH;
  const headers = { "Content-Type": "text/plain", Connection: "close", ...(isSocket && { Upgrade: "websocket" }) };
  response.writeHead(isSocket ? 426 : 404, headers).end(`${HOW_TO_CONNECT}\n`);
}

/** More characters than a form can have here. */
const FORM_CHARACTERS = 10_000;

/** Reads a form; one that is too long is taken for empty, and left unread, so that the client still gets an answer. */
async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  let body = "";
  for await (const part of request.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    body += part;
    if (body.length > FORM_CHARACTERS) return new URLSearchParams();
  }
  return new URLSearchParams(body);
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const usual = { "Content-Type": "application/json", "Cache-Control": "no-store", Connection: "close" };
  response.writeHead(status, { ...usual, ...headers }).end(JSON.stringify(body));
}
