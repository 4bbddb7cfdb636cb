import { X509Certificate } from "node:crypto";
import { lookup } from "node:dns/promises";
import { errorFailure } from "../harness/failure.ts";
import { hostOf } from "../harness/place.ts";
import type { Protocol } from "../harness/protocol.ts";
import { SHORTEST, secrets, secretsIn } from "../harness/secrets.ts";
import { type Target, withoutCredentials } from "../harness/target.ts";
import { explainUnreachable } from "../harness/unreachable.ts";
import { readText, UnreachableError, UsageError } from "../harness/usage.ts";

const SCHEMES: Readonly<Record<string, string>> = { "ws:": "ws:", "wss:": "wss:", "http:": "ws:", "https:": "wss:" };

/** Patterns of urls without a beginning: a port of this machine, and the name of a host. */
const PORT = /^:?(\d{1,5})(?=\/|$)/;
const HOST = /^(localhost|[\w-]+(\.[\w-]+)+|[\w.-]+:\d+)(?=[:/]|$)/;

/** Reads the url of a target as the user gave it, and returns it as a WebSocket url. Throws a `UsageError`. */
export function targetUrl(text: string): URL {
  const [meant] = [text.replace(PORT, "localhost:$1")].filter((it) => HOST.test(it));
  const hint = `Give one like ws://localhost:8080/path${meant === undefined ? "" : `, perhaps ws://${meant}`}.`;
  if (!URL.canParse(text)) {
    const port = URL.canParse(text.replace(/:\d+(?=\/|$)/, "")) ? " Ports end at 65535." : "";
    throw new UsageError(`"${text}" is no url.${port} ${hint}`);
  }
  const url = new URL(text);
  const scheme = SCHEMES[url.protocol];
  if (scheme === undefined) throw new UsageError(`"${text}" is no ws:, wss:, http: or https: url. ${hint}`);
  const target = new URL(url.href.replace(url.protocol, scheme));
  target.hash = "";
  return target;
}

/** Throws an `UnreachableError` if the name of the host does not resolve. No timeout applies. */
export async function resolves(url: URL): Promise<void> {
  try {
    await lookup(hostOf(url));
  } catch (error) {
    throw new UnreachableError(explainUnreachable(url, errorFailure(String((error as NodeJS.ErrnoException).code))));
  }
}

/** The file that a user gave as `@file`; nothing where the value itself stands there. */
export const fileIn = (given: string | undefined): string | undefined =>
  given?.startsWith("@") ? given.slice(1) : undefined;

/** Returns the lines that a user gave, one by one or as `@file`; without those that hold nothing. Throws a `UsageError`. */
export async function linesOf(given: readonly string[]): Promise<string[]> {
  const lines = given.map(async (it) => {
    const file = fileIn(it);
    return file === undefined ? [it] : (await readText(file)).split(/\r?\n/);
  });
  return (await Promise.all(lines)).flat().filter((line) => line.trim() !== "");
}

/** Reads the texts that no output may hold, one by one or as `@file`. Throws a `UsageError`. */
export async function hiddenTexts(given: readonly string[]): Promise<string[]> {
  const texts = await linesOf(given);
  if (texts.every((text) => text.trim().length >= SHORTEST)) return texts;
  throw new UsageError(
    `--redact takes texts of at least ${SHORTEST} characters: shorter ones stand in too many innocent places.`,
  );
}

/** Reads the headers that a user gave: `Name: value` each, or `@file` with one a line. Throws a `UsageError`. */
export async function targetHeaders(given: readonly string[]): Promise<Record<string, string>> {
  return Object.fromEntries(
    (await linesOf(given)).map((line) => {
      const [, name, value] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*:\s*([\t\x20-\x7e\x80-\xff]*?)\s*$/.exec(line) ?? [];
      if (name === undefined || value === undefined)
        throw new UsageError(
          `A header needs the form "Name: value". Write it as in --header "Authorization: Bearer …".`,
        );
      return [name, value];
    }),
  );
}

/** Reads the certificates in a PEM file that the user named. Throws a `UsageError`. */
export async function readCertificates(path: string): Promise<string> {
  const pem = await readText(path);
  try {
    new X509Certificate(pem);
    return pem;
  } catch {
    throw new UsageError(
      `${path} holds no certificate in PEM format. Name the one of the authority that signed the server's.`,
    );
  }
}

/** A URL without user and password, the header that says the same, and the password. */
interface Credentials {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly password: string;
}

/** Moves user and password from a URL to a header, which can be left out and redacted. Throws a `UsageError`. */
export function loginOf(url: URL): Credentials {
  const bare = withoutCredentials(url);
  if (url.username === "" && url.password === "") return { url: bare, headers: {}, password: "" };
  try {
    const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    const basic = Buffer.from(`${user}:${password}`).toString("base64");
    return { url: bare, headers: { Authorization: `Basic ${basic}` }, password };
  } catch {
    throw new UsageError("The user or password of the url holds a % that is no escape. Write it as %25.");
  }
}

/** The headers and the trust with which a target is reached. */
export interface Way {
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: Readonly<Record<string, string>>;
  readonly tls: Pick<Target, "ca" | "insecure">;
  /** Further texts that no output may hold. */
  readonly redact?: readonly string[];
}

/** A target that can be reached. */
export type Reached = Target & { readonly [Name in "credentials" | "secrets"]-?: NonNullable<Target[Name]> };

/** Returns the target at a url, which keeps no secret in it. Throws a `UsageError`. */
export function aim(text: string, way: Way, protocol: Pick<Protocol, "address">): Reached {
  const { url, headers: basic, password } = loginOf(targetUrl(text));
  protocol.address(url);
  const headers = { ...basic, ...way.headers }; // Headers win over the user of the url.
  const { credentials: given, redact = [] } = way;
  const known = [basic, way.headers, given].flatMap((it) => Object.values(it));
  return {
    url,
    headers,
    credentials: given,
    secrets: secrets(...known, password, ...secretsIn(url.search.slice(1)), ...redact),
    ...way.tls,
  };
}
