import type { Fault } from "../../../../harness/protocol.ts";
import { isObject, type Message } from "../../../../harness/transcript.ts";
import type { RequirementId } from "../../../../schemas/v0/requirements.ts";
import { UNIMPLEMENTED } from "../../protocol.ts";
import type { Behaviour } from "../behaviour.ts";
import type { Client, Outcome, Said } from "../world.ts";

/** One way in which the reference server can misbehave: a few lines that break one requirement. */
export interface ReferenceFault extends Fault {
  readonly breaks: RequirementId;
  /** The requirements that cannot but be broken with it. */
  readonly also?: readonly RequirementId[];
  change(normal: Behaviour): Partial<Behaviour>;
}

/** Faults by their names. */
export type Faults = Readonly<Record<string, ReferenceFault>>;
type Change = ReferenceFault["change"];

/** A change of the messages that are sent: `edit` returns others in the place of one, or nothing to leave it as it is. */
export const saying =
  (edit: (message: Message) => Said | readonly Said[] | undefined): Change =>
  () => ({
    edit(message) {
      const instead = isObject(message) && !(message instanceof Buffer) ? edit(message) : undefined;
      if (instead === undefined) return [message];
      return Array.isArray(instead) ? instead : [instead as Said];
    },
  });

const isLacking = (outcome: Outcome | undefined): boolean =>
  outcome !== undefined && "failed" in outcome && outcome.failed === UNIMPLEMENTED;

/** Tells if an outcome is that of a request whose data break its schema. */
export const isInvalid = (outcome: Outcome | undefined): boolean =>
  outcome !== undefined && "failed" in outcome && outcome.failed === "invalid_request";

/** A change of the outcome of valid requests: `instead` returns another, or nothing to leave it as it is. */
export const carryingOut =
  (instead: (request: Message, client: Client) => Outcome | undefined): Change =>
  ({ carryOut }) => ({
    carryOut(request, client) {
      const outcome = carryOut(request, client);
      return isInvalid(outcome) ? outcome : (instead(request, client) ?? outcome);
    },
  });

/** A change that carries out some requests that are invalid. */
export const accepting =
  (which: (request: Message) => boolean): Change =>
  ({ carryOut }) => ({ carryOut: (request, client) => (which(request) ? {} : carryOut(request, client)) });

/** A change that ends the connection over some valid requests of known commands instead of an answer. */
export const leavingOver =
  (code: number, which: (request: Message) => boolean): Change =>
  ({ carryOut }) => ({
    carryOut(request, client) {
      const outcome = carryOut(request, client);
      if (isInvalid(outcome) || isLacking(outcome) || !which(request)) return outcome;
      client.leave(code);
      return undefined;
    },
  });

/** A change that leaves some requests aside. */
export const ignoring =
  (which: (request: Message) => boolean): Change =>
  ({ carryOut }) => ({ carryOut: (request, client) => (which(request) ? undefined : carryOut(request, client)) });

/** Drops all connections, as if the server started again. */
export const dropAll = ({ world }: Behaviour): void => {
  for (const client of world.clients) client.drop();
};

/** Tells if a message is an event. */
export const isEvent = ({ type }: Message): boolean => type === "event";
/** Tells if a message is a response. */
export const isResponse = ({ type }: Message): boolean => type === "response";
/** Tells if a response says that its request succeeded. */
export const isSuccess = ({ status }: Message): boolean => status === "success";

/** A message with other data. */
export const withData = (message: Message, more: object): Message => ({
  ...message,
  data: { ...Object(message.data), ...more },
});

/** The name of a request. */
export const commandIn = ({ commandId }: Message): string => String(commandId);
