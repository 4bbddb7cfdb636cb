import { isServerEnd, type Transcript, type WireEvent } from "./transcript.ts";

/** A code that decisions look at. No words that people read are one. */
type Code = Uppercase<string>;

/** The failure of a connection. */
export interface Failure {
  /** The code of an error, such as `ECONNREFUSED`, or one of `WORDS_OF_CODES`. */
  readonly code: Code;
  /** The words of an error that has no code. */
  readonly words?: string;
  /** The status of the answer, if that is what failed. */
  readonly status?: number;
  /** The first line of its body. The server chose these words. */
  readonly says?: string;
  /** The close code, if the target ended the WebSocket at once and gave one. */
  readonly closeCode?: number;
  /** The names of a certificate that is of another host. */
  readonly names?: string;
}

/** A failure by an answer in HTTP that is not 101. */
export const httpFailure = (status: number): Failure => ({ code: "HTTP", status });

/** The code of an error that has none of its own. */
const OTHER = "OTHER";

const isCode = (text: string): text is Code => /^[A-Z\d_]+$/.test(text);

/** A failure by an error, of which its code is known, or else its message. */
export const errorFailure = (codeOrMessage: string): Failure =>
  isCode(codeOrMessage) ? { code: codeOrMessage } : { code: OTHER, words: codeOrMessage };

/** The code of a WebSocket that the target ended at once. */
const TURNED_AWAY = "TURNED_AWAY";

/** The code of a handshake that met silence. */
export const NO_ANSWER = "NO_ANSWER";

/** A failure of which nothing is known. */
export const UNKNOWN: Failure = { code: "UNKNOWN" };

/** The words for codes of the suite. */
const WORDS_OF_CODES: Readonly<Record<Code, string>> = {
  [TURNED_AWAY]: "ended at once",
  [NO_ANSWER]: "no answer to the handshake",
  [UNKNOWN.code]: "no answer",
};

/** Says a failure in a word or two: `ECONNREFUSED`, `HTTP 401`, `ended at once (1013)`. Two ways to fail have different words. */
export function wordsOfFailure({ code, words = WORDS_OF_CODES[code] ?? code, status, closeCode }: Failure): string {
  if (code === TURNED_AWAY) return `${words} (${closeCode ?? "no code"})`;
  return status === undefined ? words : `${words} ${status}`;
}

/** The code of a certificate that is of another host. */
export const WRONG_NAME = "ERR_TLS_CERT_ALTNAME_INVALID";

/** Tells if a target says that a client came too often. */
export const saysTooMany = ({ status }: Failure): boolean => status === 429;

/** Tells if a gateway says that it reaches nobody. */
export const reachesNobody = ({ status }: Failure): boolean => status === 502 || status === 504;

/** The close code of a server that has no place for a client now; the IANA registry has it as "Try Again Later". */
const TRY_AGAIN_LATER = 1013;

/** Tells if a target ended a WebSocket at once, and said that it has no place. */
export const saysNoPlace = ({ closeCode }: Failure): boolean => closeCode === TRY_AGAIN_LATER;

/** Tells if a target says that it has no room for anybody now. */
export const saysNoRoom = (way: Failure): boolean => way.status === 503 || saysNoPlace(way);

/** Tells if a target names a limit. It says so to any client. */
export const saysLimit = (way: Failure): boolean => saysTooMany(way) || saysNoRoom(way);

/** The status of a server that failed by itself. */
const FAILED = 500;

/** Tells if an answer in HTTP says that the server failed by itself. No limit says so. */
export const failedByItself = ({ status }: { readonly status?: number | undefined }): boolean => status === FAILED;

/** Tells if a target refused a client to which it had already given a WebSocket. */
export const isTurnedAway = ({ code }: Failure): boolean => code === TURNED_AWAY;

/** The deeds of a client after which a server ends its connection. */
const ENDING: ReadonlySet<WireEvent["type"]> = new Set(["violation", "close", "end"]);

/** The codes that answer a frame or a message. Nobody is turned away with them. */
const CLOSES_OVER_MESSAGE = new Set([1002, 1003, 1007, 1009]);

/** The codes that show that nobody is there. */
const ABSENT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** Tells if the code of a failure shows that nobody is there. */
export const isAbsent = (code = ""): boolean => ABSENT.has(code);

/** Tells if a target that is there wants to know who comes. */
export const wantsLogin = ({ status = 0 }: Pick<Failure, "status">): boolean => [401, 403, 407].includes(status);

/** The statuses of a server that is not ready yet, or of a gateway before it. A path may come only once all is loaded. */
const NOT_READY: ReadonlySet<number> = new Set([404, 408, 425, 429]);

/** Tells if an answer in HTTP shows that the server behind it is up, though it gives this client no WebSocket. */
export const isThere = ({ status = 0 }: Pick<Failure, "status">): boolean =>
  status >= 300 && status < 500 && !NOT_READY.has(status);

/** The codes by which a target that is there refuses a client. */
const REFUSING: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", NO_ANSWER]);

/** The parts of a connection that tell if it was refused. */
export interface Tried {
  readonly opened: boolean;
  readonly failure: Failure | undefined;
  readonly transcript: Pick<Transcript, "events">;
}

/** Returns how a target refused a connection; `undefined` if it did not, or is not there. */
export function refusalOf({ opened, failure, transcript }: Tried): Failure | undefined {
  if (opened) return turnedAway(transcript);
  const isRefused = failure && (REFUSING.has(failure.code) || isTurnedAway(failure) || (failure.status ?? 0) >= 200);
  return isRefused ? failure : undefined;
}

/** Returns how a target ended a WebSocket without a word; with the code that says why, also before the client said one. */
function turnedAway({ events }: Pick<Transcript, "events">): Failure | undefined {
  const end = events.findIndex(isServerEnd);
  const last = events[end];
  if (!last) return undefined;
  const before = events.slice(0, end);
  const says = (side: WireEvent["from"]) => before.some(({ from, type }) => from === side && type !== "upgrade");
  const code = last.type === "close" ? last.code : undefined;
  // A client that asked for its end, or broke the protocol, is not turned away, even if a server that greets late has said nothing yet.
  const isAsked = before.some(({ from, type }) => from === "client" && ENDING.has(type));
  if (isAsked || (says("client") && CLOSES_OVER_MESSAGE.has(code ?? 0))) return undefined;
  if (says("server") && (code !== TRY_AGAIN_LATER || says("client"))) return undefined;
  return { code: TURNED_AWAY, ...(code !== undefined && { closeCode: code }) };
}
