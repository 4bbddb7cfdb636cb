/** What a Tachyon server needs of one client, whatever carries the messages. */
export interface Client {
  /** The query of the URL, without the question mark, as it came. */
  readonly query: string;
  say(text: string): void;
  /** Ends the connection, after all that was said. */
  close(code?: number, reason?: string): void;
  /** Ends the TCP connection, with no word. */
  drop(): void;
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
  /** Writes a text as it stands. */
  write(text: string): void;
  /** Ends the connection with a close frame alone. */
  close(code?: number, reason?: string): void;
  /** Ends the TCP connection, with no word. */
  drop(): void;
}

/** What a server decides where the protocol lets it choose. */
export interface Choices {
  /** How a message is written. */
  spell(message: object): string;
  /** What a text names as its command; `undefined` where it is malformed. */
  read(text: string, binary: boolean): unknown;
  /** The version that a query names; empty where it names none. */
  version(query: string): string;
  /** How a version compares to the server's. */
  parity(version: string): string;
  greet(session: Session): void;
  /** What follows the greeting. */
  greeted(session: Session): void;
  refuse(session: Session, command: unknown): void;
  farewell(session: Session): void;
  /** A client has left those that are still there. */
  left(others: ReadonlySet<Session>): void;
}

export const DISCONNECT = "system/disconnect/request";

const invalid = { status: "failed", reason: "invalid_command" };

const plain: Choices = {
  spell: (message) => JSON.stringify(message),
  read: (text, binary) => (binary ? undefined : commandIn(text)),
  version: (query) => new URLSearchParams(query).get("tachyonVersion") ?? "",
  parity,
  greet,
  greeted() {},
  refuse: dismiss,
  farewell,
  left() {},
};

/** The smallest server that conforms, but for what is chosen. */
export function tachyon(chosen: Partial<Choices> = {}): Tachyon {
  const choices: Choices = { ...plain, ...chosen };
  const everybody = new Set<Session>();
  return (client) => {
    const session = sessionOf(client, choices, everybody);
    choices.greet(session);
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

/** Greets a client. */
export function greet(session: Session): void {
  session.say(greeting(session.parity));
}

/** Carries out a disconnect request. */
export function farewell(session: Session): void {
  session.end({ status: "success" });
}

/** Ends the connection of a client over a malformed command. */
export function dismiss(session: Session): void {
  session.end(invalid);
}

/** Refuses a command by the response that it names, and leaves the connection open; where it names none, otherwise. */
export function refuseByName(session: Session, command: unknown, otherwise = dismiss): void {
  const response = responseTo(command);
  if (response === undefined) otherwise(session);
  else session.say({ ...invalid, command: response });
}

/** What a client is greeted with. */
export const greeting = (versionParity: string): object => ({
  command: "system/version/response",
  status: "success",
  data: { tachyonVersion: "0.1.7", versionParity },
});

function sessionOf(client: Client, choices: Choices, everybody: ReadonlySet<Session>): Session {
  let over = false;
  const write = (text: string) => {
    if (!over) client.say(text);
  };
  const say = (message: object) => write(choices.spell(message));
  return {
    parity: choices.parity(choices.version(client.query)),
    everybody,
    say,
    write,
    get over() {
      return over;
    },
    end(outcome, code, reason) {
      if (over) return;
      say({ command: "system/disconnected/response", ...outcome });
      this.close(code, reason);
    },
    close(code, reason) {
      if (over) return;
      over = true;
      client.close(code, reason);
    },
    drop() {
      over = true;
      client.drop();
    },
  };
}

/** The parity of a version: what a greeting says of it. */
export function parity(version: string): string {
  const parts = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.exec(version)?.slice(1);
  if (!parts) return "unknown";
  const differs = parts.findIndex((part, i) => part !== ["0", "1", "7"][i]);
  return ["match", "major_mismatch", "minor_mismatch", "patch_mismatch"][differs + 1] as string;
}

/** The command in a JSON text of an object; `reviver` sees its properties first, and may throw. */
export function commandIn(text: string, reviver?: (name: string, value: unknown) => unknown): unknown {
  try {
    const value: unknown = JSON.parse(text, reviver);
    return Array.isArray(value) ? undefined : Object(value).command;
  } catch {
    return undefined;
  }
}

/** Whether a text is JSON of an object. */
export function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** The response by which an undefined command that it names can be refused, with the connection left open. */
export function responseTo(command: unknown): string | undefined {
  if (command === DISCONNECT || command === "system/disconnected/request") return undefined;
  const [, name] = /^([^/]+\/[^/]+)\/request$/.exec(String(command)) ?? [];
  return typeof command === "string" && name !== undefined ? `${name}/response` : undefined;
}
