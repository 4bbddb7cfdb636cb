import { owedBy } from "../harness/judge.ts";
import type { Protocol } from "../harness/protocol.ts";
import { isClientEnd, isOpening, isServerEnd, messages, type Transcript } from "../harness/transcript.ts";

/** A timer that is so late (ms) shows that this process did not run. Messages that came meanwhile are not read yet. */
const SUITE_STOOD_STILL = 500;

/** Waits for answers that a server owes. */
export interface Owing {
  /** Something happened on a connection. */
  stir(connection: string, sofar: Transcript): void;
  over(connection: string): void;
  end(): void;
}

/** The surroundings of a wait. */
interface OwingOptions {
  /** The time that a server has, in ms. */
  readonly timeout: number;
  readonly sofar: (connection: string) => Transcript | undefined;
  /** Called when it has not come in time. */
  readonly gaveUp: (connection: string, what: string) => void;
}

/** Waits on each connection for one thing at a time: an answer that the server owes by a rule, or the greeting. */
export function owing(protocol: Protocol, { timeout, sofar, gaveUp }: OwingOptions): Owing {
  const waits = new Map<string, { readonly what: string; readonly timer: NodeJS.Timeout }>();

  const over = (connection: string) => {
    clearTimeout(waits.get(connection)?.timer);
    waits.delete(connection);
  };

  const wait = (connection: string, what: string) => {
    over(connection);
    const due = performance.now() + timeout;
    const timer = setTimeout(() => {
      const transcript = sofar(connection);
      if (!transcript || owedOn(protocol, transcript) !== what) over(connection);
      else if (performance.now() - due > SUITE_STOOD_STILL) wait(connection, what);
      else {
        over(connection);
        gaveUp(connection, what);
      }
    }, timeout);
    waits.set(connection, { what, timer });
  };

  return {
    stir(connection, transcript) {
      const what = owedOn(protocol, transcript);
      if (what === undefined) over(connection);
      else if (waits.get(connection)?.what !== what) wait(connection, what);
    },
    over,
    end() {
      for (const connection of [...waits.keys()]) over(connection);
    },
  };
}

function owedOn({ rules, greeting, envelope }: Protocol, transcript: Transcript): string | undefined {
  const { events } = transcript;
  const owed = owedBy(rules, transcript);
  if (owed !== undefined || greeting === undefined) return owed;
  const isOpen = events.some(isOpening) && !events.some((event) => isServerEnd(event) || isClientEnd(event));
  const isGreeted = messages(transcript, "server").some(({ message }) => envelope(message)?.name === greeting);
  const isMissed = events.some((event) => event.type === "timeout" && event.what === greeting);
  return isOpen && !isGreeted && !isMissed ? greeting : undefined;
}
