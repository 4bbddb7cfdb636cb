/** The failure of a connection. */
export interface Failure {
  /** A code such as `ECONNREFUSED`, or `HTTP`; where there is none, words. */
  readonly code: string;
  /** The status of the answer, if that is what failed. */
  readonly status?: number;
  /** The names of a certificate that is of another host. */
  readonly names?: string;
}

/** A failure by an answer in HTTP that is not 101. */
export const httpFailure = (status: number): Failure => ({ code: "HTTP", status });

/** A failure in a word or two: `ECONNREFUSED`, `HTTP 401`. */
export const wordsOfFailure = ({ code, status }: Failure): string =>
  status === undefined ? code : `${code} ${status}`;

/** The code of a certificate that is of another host. */
export const WRONG_NAME = "ERR_TLS_CERT_ALTNAME_INVALID";

/** The code of a handshake that met silence. */
export const NO_ANSWER = "no answer to the handshake";

/** A failure of which nothing is known. */
export const UNKNOWN: Failure = { code: "no answer" };

/** The codes that show that nobody is there. */
const ABSENT = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENOTFOUND", "EAI_AGAIN"]);

/** Tells if the code of a failure shows that nobody is there. */
export const isAbsent = (code = ""): boolean => ABSENT.has(code);

/** The codes by which a target that is there refuses a client. */
const REFUSING = new Set(["ECONNRESET", "EPIPE", NO_ANSWER]);

/** Returns how a target refused a connection, in words; `undefined` if it did not, or is not there. */
export function refusalOf({
  opened,
  failure,
}: {
  readonly opened: boolean;
  readonly failure: Failure | undefined;
}): string | undefined {
  if (opened || !failure) return undefined;
  const { code, status = 0 } = failure;
  return REFUSING.has(code) || (status >= 400 && status < 600) ? wordsOfFailure(failure) : undefined;
}
