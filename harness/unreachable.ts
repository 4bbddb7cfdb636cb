import { withoutCredentials } from "./target.ts";

/** The failure of a connection if the certificate is of another host. The names that it has can follow. */
export const WRONG_NAME = "ERR_TLS_CERT_ALTNAME_INVALID";

/** The most characters of these names that are told. */
const NAMES = 200;

/** The reasons that a target cannot be tested, by its failure, and what to do. The first row that matches counts. */
const CAUSES: readonly (readonly [RegExp, (place: string, failure: string, login: string) => string])[] = [
  [
    /^ECONNREFUSED/,
    (place) => `Nothing listens at ${place} (connection refused). Start the server, or check host and port.`,
  ],
  [/^(ENOTFOUND|EAI_AGAIN)/, (place) => `The name of the host in ${place} does not resolve. Check the url.`],
  [
    /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ETIMEDOUT)/,
    (place, failure) => `There is no way to ${place} (${failure}). Check host, network and firewall.`,
  ],
  [
    new RegExp(`^${WRONG_NAME} `),
    (place, failure) =>
      `The TLS certificate of ${place} is for other names: ${shortened(failure.slice(WRONG_NAME.length + 1))}. Use one of these in the url, or accept any certificate with --insecure.`,
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/,
    (place, failure) =>
      `The TLS certificate of ${place} is not trusted (${failure}). Name its authority with --ca <file>, or accept any certificate with --insecure.`,
  ],
  [
    /^(EPROTO|ERR_SSL|ERR_TLS)/,
    (place, failure) => `${place} does not speak TLS as expected (${failure}). Use ws: if the port is a plain one.`,
  ],
  [
    /^HTTP 3/,
    (place, failure) =>
      `${place} answered ${failure}, a redirect, instead of upgrading to WebSocket. Redirects are not followed: give the url that it leads to.`,
  ],
  [
    /^HTTP (401|403|407)/,
    (place, failure, login) => `${place} answered ${failure} instead of upgrading to WebSocket. ${login}`,
  ],
  [
    /^HTTP 5/,
    (place, failure) =>
      `${place} answered ${failure} instead of upgrading to WebSocket. Check that the server behind it runs.`,
  ],
  [
    /^HTTP/,
    (place, failure) => `${place} answered ${failure} instead of upgrading to WebSocket. Check the path of the url.`,
  ],
  [
    /^no answer/,
    (place) =>
      `${place} did not answer the WebSocket handshake in time. Check that it is a WebSocket server, or raise --timeout.`,
  ],
  [
    /^HPE_|^ECONNRESET|hang up/,
    (place, failure) =>
      `${place} does not answer the WebSocket handshake in HTTP (${failure}). Check the port; use wss: if it is a TLS one.`,
  ],
];

const HEADER = 'Give credentials with --header "Name: value".';

/**
 * Says in one line why a target could not be tested, and what to do. `failure` is that of a connection; `login` says how to give
 * credentials.
 */
export function explainUnreachable(url: URL, failure: string, login = HEADER): string {
  const place = withoutCredentials(url).href;
  const [, words] = CAUSES.find(([pattern]) => pattern.test(failure)) ?? [];
  return (
    words?.(place, failure, login) ?? `${place} could not be reached: ${failure}. Check that it is a WebSocket server.`
  );
}

function shortened(names: string): string {
  return names.length > NAMES ? `${names.slice(0, NAMES)}…` : names;
}
