import { request as httpRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import * as oauth from "oauth4webapi";
import { errorFailure } from "../harness/failure.ts";
import { isThisMachine } from "../harness/place.ts";
import type { Keys, Target } from "../harness/target.ts";
import { explainUnreachable } from "../harness/unreachable.ts";
import { UnreachableError, UsageError } from "../harness/usage.ts";
import { METADATA, SCOPE } from "../suites/v0/authorization.ts";
import { TOKEN } from "./token-command.ts";

/** The parts of a target by which its authorization server is reached. */
type Place = Pick<Target, "url" | "headers" | "ca" | "insecure">;

/** The time that an authorization server has for an answer, in ms. */
const ANSWER_TIME = 10_000;

const INSTEAD = "Give a token with --as or --token-command instead.";

/**
 * Gets an access token by the credentials of a client (RFC 6749, 4.4) from the authorization server that stands at the origin of a
 * target. Throws a `UsageError`, or an `UnreachableError`.
 */
export async function tokenOfClient(place: Place, { id, secret }: Client, signal: AbortSignal): Promise<string> {
  const origin = new URL("/", place.url.href.replace(/^ws/, "http"));
  const options = requestOptions(place, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIME)]));
  const found = await answering(origin, oauth.discoveryRequest(origin, { ...options(origin), algorithm: "oauth2" }));
  if (found.status !== 200)
    throw new UsageError(`--client needs ${origin.origin}${METADATA}, which is HTTP ${found.status}. ${INSTEAD}`);
  const server = await oauth.processDiscoveryResponse(origin, found).catch((error) => {
    throw new UsageError(`--client cannot use ${origin.origin}${METADATA}: ${wordsOf(error)}. ${INSTEAD}`);
  });
  const endpoint = server.token_endpoint;
  if (endpoint === undefined || !URL.canParse(endpoint))
    throw new UsageError(`--client finds no token_endpoint in ${origin.origin}${METADATA}. ${INSTEAD}`);
  const client = { client_id: id };
  // Not every server decodes what stands in a Basic header, and no server has to take it from the form.
  const byForm = server.token_endpoint_auth_methods_supported?.includes("client_secret_post");
  const proof = byForm ? oauth.ClientSecretPost(secret) : oauth.ClientSecretBasic(secret);
  const at = new URL(endpoint);
  const answer = oauth.clientCredentialsGrantRequest(server, client, proof, { scope: SCOPE }, options(at));
  const { access_token: token } = await oauth
    .processClientCredentialsResponse(server, client, await answering(at, answer))
    .catch((error) => {
      throw new UsageError(`${endpoint} gives the client of --client no token: ${wordsOf(error)}.`);
    });
  if (TOKEN.test(token)) return token;
  throw new UsageError(`${endpoint} gives the client of --client a token that is no Bearer token.`);
}

type Client = NonNullable<Keys["client"]>;

/** Waits for an answer. Without one nobody is there, or the url is one that a secret must not be sent to. */
async function answering(url: URL, answer: Promise<Response>): Promise<Response> {
  try {
    return await answer;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "OAUTH_HTTP_REQUEST_FORBIDDEN")
      throw new UsageError(`--client sends no secret to ${url.origin}, which is neither https: nor this machine.`);
    const failure = errorFailure(code === "ABORT_ERR" ? "ETIMEDOUT" : String(code ?? error));
    throw new UnreachableError(explainUnreachable(url, failure));
  }
}

/** The words of the authorization server, or of the library about its answer. */
function wordsOf(error: unknown): string {
  if (error instanceof oauth.ResponseBodyError) return said(error);
  if (error instanceof oauth.WWWAuthenticateChallengeError) return `HTTP ${error.status}, invalid_client`;
  return (error as Error).message.replaceAll('"', "");
}

const said = ({ error, error_description: more }: oauth.ResponseBodyError): string =>
  more === undefined ? error : `${error} (${more})`;

/** The options of a request to the authorization server. Plain HTTP is for this machine alone. */
const requestOptions = (place: Place, signal: AbortSignal) => (url: URL) => ({
  signal,
  [oauth.allowInsecureRequests]: isThisMachine(url),
  [oauth.customFetch]: (to: string, how: How) => ask(new URL(to), how, place),
});

interface How {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** The most bytes of an answer that are read. */
const READ = 1 << 20;

/** Makes a request with the trust and the headers of a target: `fetch` knows no further certificates. */
function ask(url: URL, { method, headers, body, signal }: How, { headers: usual, ca, insecure }: Place) {
  const open = Object.entries(usual).filter(([name]) => !/^authorization$/i.test(name));
  const how = {
    method,
    headers: { ...Object.fromEntries(open), ...headers },
    ca,
    rejectUnauthorized: !insecure,
    signal,
  };
  return new Promise<Response>((resolve, reject) => {
    const sent = (url.protocol === "https:" ? tlsRequest : httpRequest)(url, how, async (response) => {
      try {
        const { statusCode = 500, headers: given } = response;
        const bytes: Buffer[] = [];
        let size = 0;
        for await (const chunk of response.iterator()) {
          bytes.push(chunk);
          size += chunk.length;
          if (size > READ) throw new Error(`an answer of more than ${READ} bytes`);
        }
        const told = Object.entries(given).map(([name, value]) => [name, String(value)] as [string, string]);
        resolve(new Response(bytes.length > 0 ? Buffer.concat(bytes) : null, { status: statusCode, headers: told }));
      } catch (error) {
        reject(error);
      }
    });
    sent.on("error", reject);
    sent.end(body === undefined || body === null ? undefined : String(body));
  });
}
