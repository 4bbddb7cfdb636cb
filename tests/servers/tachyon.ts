/** What a Tachyon server needs of one client, whatever carries the messages. */
export interface Client {
  /** The query of the URL, without the question mark, as it came. */
  readonly query: string;
  say(text: string): void;
  /** Ends the connection, after all that was said. */
  close(code?: number, reason?: string): void;
}

/** How a server goes on with a client that it has greeted. */
export interface Served {
  message(text: string, binary: boolean): void;
  /** The connection is over. */
  gone(): void;
}

/** A Tachyon server: greets a client, then handles what it sends. */
export type Tachyon = (client: Client) => Served;

/** One client, as the server sees it. Once it was told that the connection is over, it is told nothing more. */
export interface Session {
  readonly parity: string;
  /** All that are greeted and not gone. */
  readonly everybody: ReadonlySet<Session>;
  readonly over: boolean;
  say(message: object): void;
  end(outcome: object, code?: number, reason?: string): void;
}

/** What a server decides where the protocol lets it choose. */
export interface Choices {
  /** How a message is written. */
  spell(message: object): string;
  /** What a text names as its command; `undefined` where it is malformed. */
  read(text: string, binary: boolean): unknown;
  /** What follows the greeting. */
  greeted(session: Session): void;
  refuse(session: Session, command: unknown): void;
  farewell(session: Session): void;
  /** A client has left those that are still there. */
  left(others: ReadonlySet<Session>): void;
}

export const DISCONNECT = "system/disconnect/request";

const plain: Choices = {
  spell: (message) => JSON.stringify(message),
  read: (text, binary) => (binary ? undefined : commandIn(text)),
  greeted() {},
  refuse: (session) => session.end({ status: "failed", reason: "invalid_command" }),
  farewell: (session) => session.end({ status: "success" }),
  left() {},
};

/** The smallest server that conforms, but for what is chosen. */
export function tachyon(chosen: Partial<Choices> = {}): Tachyon {
  const choices: Choices = { ...plain, ...chosen };
  const everybody = new Set<Session>();
  return (client) => {
    const session = sessionOf(client, choices, everybody);
    session.say({
      command: "system/version/response",
      status: "success",
      data: { tachyonVersion: "0.1.7", versionParity: session.parity },
    });
    everybody.add(session);
    choices.greeted(session);
    return {
      message(text, binary) {
        if (session.over) return;
        const command = choices.read(text, binary);
        if (command === DISCONNECT) choices.farewell(session);
        else choices.refuse(session, command);
      },
      gone() {
        if (everybody.delete(session)) choices.left(everybody);
      },
    };
  };
}

function sessionOf(client: Client, { spell }: Choices, everybody: ReadonlySet<Session>): Session {
  let over = false;
  const say = (message: object) => {
    if (!over) client.say(spell(message));
  };
  return {
    parity: parity(new URLSearchParams(client.query).get("tachyonVersion") ?? ""),
    everybody,
    say,
    get over() {
      return over;
    },
    end(outcome, code, reason) {
      if (over) return;
      say({ command: "system/disconnected/response", ...outcome });
      over = true;
      client.close(code, reason);
    },
  };
}

function parity(version: string): string {
  const parts = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.exec(version)?.slice(1);
  if (!parts) return "unknown";
  const differs = parts.findIndex((part, i) => part !== ["0", "1", "7"][i]);
  return ["match", "major_mismatch", "minor_mismatch", "patch_mismatch"][differs + 1] as string;
}

/** The command in a JSON text of an object. */
export function commandIn(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? undefined : Object(value).command;
  } catch {
    return undefined;
  }
}

/** The response by which an undefined command that it names can be refused, with the connection left open. */
export function responseTo(command: unknown): string | undefined {
  if (command === DISCONNECT || command === "system/disconnected/request") return undefined;
  const [, name] = /^([^/]+\/[^/]+)\/request$/.exec(String(command)) ?? [];
  return typeof command === "string" && name !== undefined ? `${name}/response` : undefined;
}
