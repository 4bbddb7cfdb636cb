import type { Connection } from "../../harness/connection.ts";
import type { Context } from "../../harness/scenario.ts";
import { isObject, type Message, parse } from "../../harness/transcript.ts";
import { type Head, responseOf } from "../../harness/upgrade.ts";
import { type Ask, answered, answerTo, asHttp, fieldOf, header, outcome, setting } from "../websocket/heads.ts";

/** The path of the metadata of an authorization server (RFC 8414, 3). */
export const METADATA = "/.well-known/oauth-authorization-server";

/** The scope of everything that the protocol allows. */
export const SCOPE = "tachyon.lobby";

/** The metadata of the server under test, and the origin at which it stands. */
export interface Metadata {
  readonly origin: string;
  readonly type: string;
  readonly document: Message;
}

type Asking = Pick<Context, "connect">;

/** Asks for the metadata, or says why there is none. A server without it leaves tokens to another server. */
export async function metadataOf({ connect }: Asking): Promise<Metadata | string> {
  const ask: Ask = (head) => setting({ ...asHttp(head), target: METADATA }, "Accept", "application/json");
  const client = await connect({ name: "metadata", anonymous: true, handshake: { ask, body: true } });
  const { status, headers, body = "" } = responseOf(client.transcript) ?? {};
  const document = parse(body);
  const origin = new URL(client.transcript.url.replace(/^ws/, "http")).origin;
  if (status === 200 && isObject(document)) return { origin, type: headers?.get("content-type") ?? "none", document };
  return `it is no authorization server: ${METADATA} gives ${status === 200 ? "no JSON object" : outcome(client)}`;
}

/** A form that is sent to an endpoint, as one connection of a case. */
interface Form {
  readonly name: string;
  readonly to: unknown;
  readonly fields: Readonly<Record<string, string>>;
  readonly client?: ClientProof | undefined;
}

/** The credentials of a client, and how the server wants them. */
export interface ClientProof {
  readonly id: string;
  readonly secret: string;
  readonly inForm: boolean;
}

/**
 * The client that the user gave, as the server wants it: by a header, which every server has to take unless it knows only forms (RFC 6749,
 * 2.3.1). If the server lists forms, the token of a run comes by a form: so a server whose header is wrong can be tested, too.
 */
export function clientFor({ document }: Metadata, client: NonNullable<Context["keys"]["client"]>): ClientProof {
  const methods = document.token_endpoint_auth_methods_supported;
  return { ...client, inForm: Array.isArray(methods) && !methods.includes("client_secret_basic") };
}

/**
 * Sends a form to an endpoint of the server under test. An endpoint at another origin does not belong to it: then returns that in words.
 */
export async function post(
  { connect, conceal }: Asking & Pick<Context, "conceal">,
  { origin }: Metadata,
  { name, to, fields, client }: Form,
): Promise<Connection | string> {
  const url = typeof to === "string" && URL.canParse(to) ? new URL(to) : undefined;
  if (url?.origin !== origin) return `its endpoint is at another origin: ${String(to)}`;
  const proof = client?.inForm ? { client_id: client.id, client_secret: client.secret } : {};
  const basic = client && !client.inForm ? `Basic ${basicOf(client)}` : undefined;
  conceal(...[client?.secret, basic].filter((it) => it !== undefined));
  const form = new URLSearchParams({ ...fields, ...proof }).toString();
  const ask = (head: Head) => posting(head, `${url.pathname}${url.search}`, form, basic);
  const connection = await connect({ name, anonymous: true, handshake: { ask, body: true } });
  conceal(...tokensIn(connection));
  return connection;
}

function posting(head: Head, target: string, body: string, basic: string | undefined): Head {
  const all = {
    Accept: "application/json",
    "Content-Type": "application/x-www-form-urlencoded",
    "Content-Length": String(body.length),
    ...(basic !== undefined && { Authorization: basic }),
  };
  const asked = Object.entries(all).reduce((it, [name, value]) => setting(it, name, value), asHttp(head));
  return { ...asked, method: "POST", target, body };
}

/** Id and secret as they stand in a header: each is encoded as in a form before. */
const basicOf = ({ id, secret }: ClientProof): string =>
  btoa([id, secret].map((it) => new URLSearchParams({ "": it }).toString().slice(1)).join(":"));

/** The JSON object in an answer; empty where there is none. */
export function answerIn({ transcript }: Connection): Message {
  const body = parse(responseOf(transcript)?.body ?? "");
  return isObject(body) ? body : {};
}

const tokensIn = (connection: Connection): string[] =>
  Object.entries(answerIn(connection)).flatMap(([name, it]) =>
    /_token$/.test(name) && typeof it === "string" ? [it] : [],
  );

/** The status and the error of an answer, or what became of the request. */
export function errorIn(connection: Connection): unknown {
  const response = responseOf(connection.transcript);
  if (!response) return answered(connection);
  return { status: response.status, error: answerIn(connection).error ?? "none" };
}

/** The outcomes of a request that an authorization server refuses by these errors. */
export const refusedWith = (statuses: readonly number[], ...errors: readonly string[]) => ({
  title: `HTTP ${statuses.join(" or ")} and a JSON object with the error ${errors.join(" or ")}`,
  type: "object",
  properties: { status: { enum: statuses }, error: { enum: errors } },
});

/** Judges the challenge of a 401, whatever a client came with (RFC 6750, 3). */
export function judgeChallenge(
  client: Connection,
  { check, report }: Pick<Context<"auth.challenge">, "check" | "report">,
): void {
  if (outcome(client) !== "HTTP 401") {
    report("auth.challenge", "the client got no 401");
    return;
  }
  const expected = {
    title: "WWW-Authenticate: Bearer …",
    type: "string",
    pattern: "(?:^|, *)[Bb][Ee][Aa][Rr][Ee][Rr](?:[ ,]|$)", // Others may stand beside it: RFC 9110, 11.6.1.
  };
  check("auth.challenge", header(client, "www-authenticate"), expected, answerTo(client));
}

/** Changes the value of the header that authorizes. */
export const authorizing =
  (change: (value: string) => string): Ask =>
  (head) =>
    setting(head, AUTHORIZATION, change(fieldOf(head, AUTHORIZATION)));

/** The header that authorizes. */
export const AUTHORIZATION = "Authorization";
