import { type Failure, NO_ANSWER, UNKNOWN, wantsLogin, wordsOfFailure } from "./failure.ts";
import { withoutCredentials } from "./target.ts";

/** The most characters of the names of a certificate that are told. */
const NAMES_CHARACTERS = 200;

/** The parts of an explanation. */
interface Told {
  readonly place: string;
  readonly failure: string;
  readonly names: string;
  readonly login: string;
}

/** Tells if the code of a failure is like this. */
const by =
  (pattern: RegExp) =>
  ({ code }: Failure): boolean =>
    pattern.test(code);

/** Explanations of failures, each with a remedy. The first row that matches counts. */
const CAUSES: readonly (readonly [(failure: Failure) => boolean, (told: Told) => string])[] = [
  [
    by(/^ECONNREFUSED/),
    ({ place }) => `Nothing listens at ${place} (connection refused). Start the server, or check host and port.`,
  ],
  [by(/^(ENOTFOUND|EAI_AGAIN)/), ({ place }) => `The name of the host in ${place} does not resolve. Check the url.`],
  [
    by(/^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ETIMEDOUT)/),
    ({ place, failure }) => `There is no way to ${place} (${failure}). Check host, network and firewall.`,
  ],
  [
    ({ names }) => names !== undefined,
    ({ place, names }) =>
      `The TLS certificate of ${place} is for other names: ${shortened(names)}. Use one of these in the url, or accept any certificate with --insecure.`,
  ],
  [
    by(/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/),
    ({ place, failure }) =>
      `The TLS certificate of ${place} is not trusted (${failure}). Name its authority with --ca <file>, or accept any certificate with --insecure.`,
  ],
  [
    by(/^(EPROTO|ERR_SSL|ERR_TLS)/),
    ({ place, failure }) => `${place} does not speak TLS as expected (${failure}). Use ws: if the port is a plain one.`,
  ],
  [
    ({ status = 0 }) => status >= 300 && status < 400,
    ({ place, failure }) =>
      `${place} answered ${failure}, a redirect, instead of upgrading to WebSocket. Redirects are not followed: give the url that it leads to.`,
  ],
  [
    wantsLogin,
    ({ place, failure, login }) => `${place} answered ${failure} instead of upgrading to WebSocket. ${login}`,
  ],
  [
    ({ status = 0 }) => status >= 500,
    ({ place, failure }) =>
      `${place} answered ${failure} instead of upgrading to WebSocket. Check that the server behind it runs.`,
  ],
  [
    ({ status }) => status === 400,
    ({ place, failure }) =>
      `${place} answered ${failure} instead of upgrading to WebSocket. It may know no subprotocol that was offered: check --protocol, and the path of the url.`,
  ],
  [
    ({ status }) => status !== undefined,
    ({ place, failure }) =>
      `${place} answered ${failure} instead of upgrading to WebSocket. Check the path of the url.`,
  ],
  [
    ({ code }) => code === UNKNOWN.code || code === NO_ANSWER,
    ({ place }) =>
      `${place} did not answer the WebSocket handshake in time. Check that it is a WebSocket server, or raise --timeout.`,
  ],
  [
    by(/^HPE_|^ECONNRESET/),
    ({ place, failure }) =>
      `${place} does not answer the WebSocket handshake in HTTP (${failure}). Check the port; use wss: if it is a TLS one.`,
  ],
];

const GIVE_CREDENTIALS = 'Give credentials with --credential "Name: value".';

/** Says in one line why a target could not be tested, and what to do; `login` says how to give credentials. */
export function explainUnreachable(url: URL, why: Failure, login = GIVE_CREDENTIALS): string {
  const place = withoutCredentials(url).href;
  const { says } = why;
  const failure = says === undefined ? wordsOfFailure(why) : `${wordsOfFailure(why)} (${says})`;
  const [, words] = CAUSES.find(([explains]) => explains(why)) ?? [];
  return (
    words?.({ place, failure, names: why.names ?? "", login }) ??
    `${place} could not be reached: ${failure}. Check that it is a WebSocket server.`
  );
}

function shortened(names: string): string {
  return names.length > NAMES_CHARACTERS ? `${names.slice(0, NAMES_CHARACTERS)}…` : names;
}
