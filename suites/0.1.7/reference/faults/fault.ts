import type { Fault } from "../../../../harness/protocol.ts";
import type { RequirementId } from "../../../../schemas/0.1.7/requirements.ts";
import type { Behaviour, Client } from "../behaviour.ts";

/** One way in which the reference server can misbehave: a few lines that break one requirement. */
export interface ReferenceFault extends Fault {
  readonly breaks: RequirementId;
  /** The requirements that cannot but be broken with it. */
  readonly also?: readonly RequirementId[];
  change(normal: Behaviour): Partial<Behaviour>;
}

/** The time that a fault takes which is slow in one point, in ms. */
export const MOMENT = 20;

/** Faults by their names. */
export type Faults = Readonly<Record<string, ReferenceFault>>;

/** Says some messages, and ends the connection. */
export function farewell(client: Client, ...messages: readonly object[]): void {
  for (const message of messages) client.say(message);
  client.leave(1000);
}

/** A change that also carries out the malformed commands that `which` selects. */
export const carryingOut =
  (which: (text: string) => boolean): ReferenceFault["change"] =>
  ({ disconnect, malformed }) => ({
    malformed: (client, text, binary) =>
      !binary && which(text) ? disconnect(client) : malformed(client, text, binary),
  });

/** A change that gives some versions another parity. */
export const misjudging =
  (wrong: (version: string | null) => string | undefined): ReferenceFault["change"] =>
  ({ parity }) => ({ parity: (version) => wrong(version) ?? parity(version) });

/** The command that a text names, if it is one of an object that names one. */
export function commandIn(text: string): string | undefined {
  try {
    const { command } = Object(JSON.parse(text));
    return typeof command === "string" ? command : undefined;
  } catch {
    return undefined;
  }
}

/** A change that refuses a request of such a text. */
export const refusing =
  (which: (text: string) => boolean): ReferenceFault["change"] =>
  ({ read }) => ({
    read: (text, binary, client) => (which(text) ? undefined : read(text, binary, client)),
  });

/** Drops all connections, as if the server started again. */
export function dropAll(everybody: Behaviour["everybody"]): void {
  for (const one of everybody) one.drop();
}

/** A change that drops all connections, as if the server started again, when it reads such a text. */
export const dyingOf =
  (which: (text: string) => boolean): ReferenceFault["change"] =>
  ({ everybody, read }) => ({
    read(text, binary, client) {
      if (which(text)) dropAll(everybody);
      return read(text, binary, client);
    },
  });

/** A change that ends the connection with a close code and without a word over such a text. */
export const leavingOver =
  (code: number, which: (text: string) => boolean): ReferenceFault["change"] =>
  ({ read }) => ({
    read(text, binary, client) {
      if (which(text)) client.leave(code);
      return read(text, binary, client);
    },
  });
