/** One client of a Tachyon server, whatever carries the messages. */
export interface Client {
  /** The query of the URL, without the question mark, as it came. */
  readonly query: string;
  say(text: string): void;
  /** Ends the connection, after all that was said. */
  close(code?: number, reason?: string): void;
  /** Ends the TCP connection, with no word. */
  drop(): void;
}

/** The handlers for a client that was greeted. */
export interface Served {
  message(text: string, binary: boolean): void;
  /** Called when the connection is over. */
  gone(): void;
}

/** A Tachyon server: greets a client, then handles what it sends. */
export type Tachyon = (client: Client) => Served;

/** One client, as the server sees it. Nothing is sent to it after its end. */
export interface Session {
  readonly parity: string;
  /** All clients that were greeted and have not left. */
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

/** The decisions of a server that the protocol leaves open. */
export interface Choices {
  /** Writes a message. */
  spell(message: object): string;
  /** Returns the command that a text names; `undefined` if it is malformed. */
  read(text: string, binary: boolean): unknown;
  /** Returns the version that a query names; empty if it names none. */
  version(query: string): string;
  /** Compares a version to that of the server. */
  parity(version: string): string;
  greet(session: Session): void;
  /** Called after the greeting. */
  greeted(session: Session): void;
  refuse(session: Session, command: unknown): void;
  farewell(session: Session): void;
  /** Called when a client has left the others. */
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

/** Makes the smallest server that conforms, but for these decisions. */
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

/** A server that conforms, and tells of each text that it gets. */
export const overheard =
  (heard: (text: string) => void): Tachyon =>
  (client) => {
    const served = tachyon()(client);
    return {
      ...served,
      message(text, binary) {
        served.message(text, binary);
        heard(text);
      },
    };
  };

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

/** Refuses a command by the response that it names, and leaves the connection open. If it names none, acts otherwise. */
export function refuseByName(session: Session, command: unknown, otherwise = dismiss): void {
  const response = responseTo(command);
  if (response === undefined) otherwise(session);
  else session.say({ ...invalid, command: response });
}

/** Makes the greeting of a client. */
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

/** Returns the parity of a version. */
export function parity(version: string): string {
  const parts = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.exec(version)?.slice(1);
  if (!parts) return "unknown";
  const differs = parts.findIndex((part, i) => part !== ["0", "1", "7"][i]);
  return ["match", "major_mismatch", "minor_mismatch", "patch_mismatch"][differs + 1] as string;
}

/** Returns the command in a JSON text of an object. `reviver` sees its properties first, and may throw. */
export function commandIn(text: string, reviver?: (name: string, value: unknown) => unknown): unknown {
  try {
    const value: unknown = JSON.parse(text, reviver);
    return Array.isArray(value) ? undefined : Object(value).command;
  } catch {
    return undefined;
  }
}

/** Tells if a text is JSON of an object. */
export function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Returns the response that refuses an undefined command and leaves the connection open. */
function responseTo(command: unknown): string | undefined {
  if (command === DISCONNECT || command === "system/disconnected/request") return undefined;
  const [, name] = /^([^/]+\/[^/]+)\/request$/.exec(String(command)) ?? [];
  return typeof command === "string" && name !== undefined ? `${name}/response` : undefined;
}
