import type { Connection } from "../harness/connection.ts";
import { probe } from "../harness/dial.ts";
import type { CaseResult } from "../harness/execute.ts";
import type { Protocol } from "../harness/protocol.ts";
import type { Target } from "../harness/target.ts";
import { heard, type Message } from "../harness/transcript.ts";
import { UnreachableError } from "../harness/usage.ts";
import { versionsBeside } from "../suites/index.ts";

/** Resolves to another version if each message of the target has the envelope of that version, and none has that of the tested one. */
export async function spokenInstead(results: readonly Heard[], protocol: Protocol): Promise<string | undefined> {
  const sent = messagesIn(results);
  if (sent.length === 0 || sent.some(protocol.envelope)) return undefined;
  return (await versionsBeside(protocol)).find(({ envelope }) => sent.every(envelope))?.version;
}

/** A case, or a recorded connection. */
type Heard = Pick<CaseResult, "connections">;

const messagesIn = (results: readonly Heard[]): Message[] =>
  results.flatMap(({ connections }) => connections.flatMap((transcript) => heard({ transcript })));

/** Tells if a target opened a WebSocket, and selected the subprotocol that it was offered. */
const selects = ({ opened }: Connection): boolean => opened;

/** If the target's answer in HTTP may mean that it speaks another version, adds to the error the version by which it is reached. */
export async function withHint(error: unknown, protocol: Protocol, target: Target, timeout: number): Promise<unknown> {
  if (!(error instanceof UnreachableError) || error.failure?.status === undefined) return error;
  for (const other of await versionsBeside(protocol))
    if ((await probe(other, target, timeout, selects)) === undefined)
      return new UnreachableError(
        `${error.message} It accepts clients of ${other.name} ${other.version}: try --protocol ${other.version}.`,
      );
  return error;
}
