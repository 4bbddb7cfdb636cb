import type { Clause } from "../../harness/protocol.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";

const DOCUMENT = "schemas/0.1.7/document/system.md";

/** A place in the protocol document, and the words that stand there. */
const system =
  (heading: string) =>
  (says: string): Clause => ({ place: `system.md, ${heading}`, link: `${DOCUMENT}#${heading.toLowerCase()}`, says });

const disconnect = system("Disconnect");
const disconnected = system("Disconnected");
const version = system("Version");

const rfc = (number: number, section: string): Clause => ({
  place: `RFC ${number}, ${section}`,
  link: `https://www.rfc-editor.org/rfc/rfc${number}#section-${section}`,
});

const ended = disconnected("Sent when the server terminates the WebSocket connection with the client for any reason.");
const onlyIfAsked = disconnected(
  "The only time the `success` response should be sent is if the client asked to be disconnected using a disconnect request.",
);
const welcome = version("Sends the current version of the protocol to new Websocket clients as soon as they connect.");
const url = version(
  "Clients should send the version they're using in the WS connection URL, e.g. ?tachyonVersion=1.1.2.",
);
const request = disconnect("Ask the server to terminate the connection. The server will send a disconnected response.");
const parity = (value: string) => version(`"const": "${value}"`);
const invalid = disconnected('"const": "invalid_command"');

/** The words for what sources begin with. */
export const sources: Readonly<Record<string, string>> = {
  D: "the endpoint's description or flags",
  S: "its JSON schema",
  R: "RFC 6455 or RFC 8259",
  "→": "derived",
};

/** The clause that each requirement comes from. */
export const clauses: Readonly<Record<RequirementId, Clause>> = {
  "message.json": rfc(6455, "5.6"),
  "message.known": version('"const": "system/version/response"'),
  "message.foreign": system("System")("System"),
  "message.schema": version('"required": [ "command", "status", "data" ]'),
  "termination.announced": ended,
  "termination.success-only-if-asked": onlyIfAsked,
  "termination.reason": disconnected('"required": [ "command", "status", "reason" ]'),
  "disconnect.closes": ended,
  "disconnect.last": ended,
  "version.greeting": welcome,
  "version.first": welcome,
  "version.once": welcome,
  "version.success": welcome,
  "version.current": version('"const": "0.1.7"'),
  "version.no-login": version("Requires Login: false"),
  "parity.match": parity("match"),
  "parity.major": parity("major_mismatch"),
  "parity.minor": parity("minor_mismatch"),
  "parity.patch": parity("patch_mismatch"),
  "parity.missing": parity("unknown"),
  "parity.unparseable": parity("unknown"),
  "parity.prerelease": url,
  "parity.query": url,
  "parity.isolated": url,
  "parity.usable": ended,
  "disconnect.answered": request,
  "disconnect.success": onlyIfAsked,
  "disconnect.once": request,
  "disconnect.request-only": disconnect("Endpoint Type: Request only"),
  "disconnect.no-login": disconnect("Requires Login: false"),
  "disconnect.extra-properties": disconnect('"required": [ "command" ]'),
  "disconnect.encoding": rfc(8259, "7"),
  "disconnect.isolated": request,
  "disconnect.reconnect": welcome,
  "disconnect.final": request,
  "disconnect.clean-close": rfc(6455, "7.4"),
  "malformed.rejected": disconnect('"const": "system/disconnect/request"'),
  "malformed.answered": invalid,
  "malformed.reason": invalid,
  "malformed.usable": ended,
  "malformed.survives": ended,
  "malformed.unspecified": disconnect('"const": "system/disconnect/request"'),
  "transport.handshake": rfc(6455, "4.2.2"),
  "transport.http": rfc(6455, "4.2.1"),
  "transport.subprotocol": rfc(6455, "4.2.2"),
  "transport.extensions": rfc(6455, "9.1"),
  "transport.ping": rfc(6455, "5.5.2"),
  "transport.fragmentation": rfc(6455, "5.4"),
  "transport.segmentation": rfc(6455, "1.2"),
  "transport.close": rfc(6455, "5.5.1"),
  "transport.survives": rfc(6455, "7.1.7"),
  "transport.strict-handshake": rfc(6455, "4.2.1"),
  "transport.header-whitespace": rfc(9110, "5.5"),
  "transport.unicode": rfc(6455, "5.6"),
  "transport.masking": rfc(6455, "5.1"),
  "transport.reserved": rfc(6455, "5.2"),
  "transport.utf8": rfc(6455, "8.1"),
  "transport.control-frames": rfc(6455, "5.5"),
  "resilience.concurrent": welcome,
  "resilience.churn": welcome,
  "resilience.churn-speed": welcome,
  "resilience.idle": welcome,
  "resilience.half-open": welcome,
  "resilience.no-echo": welcome,
  "resilience.abrupt": welcome,
  "resilience.flood": welcome,
  "resilience.large": welcome,
  "resilience.deep": welcome,
};
