import { randomUUID } from "node:crypto";
import { type RawData, WebSocket } from "ws";

type Json = Record<string, unknown>;

/** A running autohost. */
export interface Autohost {
  /** Ends it: it comes no more. */
  stop(): void;
}

/** All that an autohost decides, so that a fault can decide otherwise in one point. */
interface Ways {
  readonly headers: Record<string, string>;
  readonly offers: string[];
  /** Sends a message; a text as it stands. */
  send(socket: WebSocket, message: Json | string): void;
  opened(socket: WebSocket, ways: Ways): void;
  request(socket: WebSocket, request: Json, ways: Ways): void;
  answer(request: Json): Json;
  event(socket: WebSocket, event: Json, ways: Ways): void;
  malformed(socket: WebSocket): void;
  binary(socket: WebSocket): void;
  /** The time until it comes again, in ms; nothing where it stays away. */
  again(code: number): number | undefined;
  readonly autoPong: boolean;
}

const isText = (it: unknown) => typeof it === "string";
const isFlag = (it: unknown) => typeof it === "boolean";
const isCount = (it: unknown) => Number.isInteger(it);
const isBattle = (it: unknown) => /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(String(it));
const isList = (of: (it: unknown) => boolean) => (it: unknown) => Array.isArray(it) && it.every(of);
const isObject = (it: unknown): it is Json => typeof it === "object" && it !== null && !Array.isArray(it);
const optional = (is: (it: unknown) => boolean) => (it: unknown) => it === undefined || is(it);
const matches = (pattern: RegExp) => (it: unknown) => typeof it === "string" && pattern.test(it);
const isRegExp = (it: unknown) => {
  try {
    return typeof it === "string" && new RegExp(it, "u") !== undefined;
  } catch {
    return false;
  }
};
const isPlayer = (it: unknown) => isObject(it) && isText(it.userId) && isText(it.name) && isText(it.password);
const isMap = (of: (it: unknown) => boolean) => (it: unknown) => isObject(it) && Object.values(it).every(of);
const isTeam = (it: unknown) => isObject(it) && optional(isList(isPlayer))(it.players);
const isAllyTeam = (it: unknown) =>
  isObject(it) && isList(isTeam)(it.teams) && Array.isArray(it.teams) && it.teams.length > 0;
const HASH = optional(matches(/^[a-f\d]{128}$/i));

/** The data that each command must have. */
const COMMANDS: Record<string, Record<string, (it: unknown) => boolean>> = {
  start: {
    battleId: isBattle,
    engineVersion: matches(/^[0-9a-zA-Z .+-]+$/),
    gameName: isText,
    mapName: isText,
    startPosType: (it) => ["fixed", "random", "ingame", "beforegame"].includes(String(it)) && isText(it),
    allyTeams: (it) => isList(isAllyTeam)(it) && Array.isArray(it) && it.length > 0,
    spectators: optional(isList(isPlayer)),
    gameArchiveHash: HASH,
    mapArchiveHash: HASH,
    startDelay: optional(isCount),
    mapOptions: optional(isMap(isText)),
    gameOptions: optional(isMap(isText)),
    restrictions: optional(isMap((it) => isCount(it) && Number(it) >= 0)),
    luamsgRegexp: optional(isRegExp),
  },
  kill: { battleId: isBattle },
  addPlayer: { battleId: isBattle, userId: isText, name: isText, password: isText },
  kickPlayer: { battleId: isBattle, userId: isText },
  mutePlayer: { battleId: isBattle, userId: isText, chat: isFlag, draw: isFlag },
  specPlayers: { battleId: isBattle, userIds: isList(isText) },
  sendCommand: { battleId: isBattle, command: isText, arguments: optional(isList(isText)) },
  sendMessage: { battleId: isBattle, message: (it) => isText(it) && [...String(it)].length <= 127 },
  subscribeUpdates: { since: isCount },
};

function answer({ messageId, commandId, data }: Json): Json {
  const respond = (more: Json) => ({ type: "response", messageId, commandId, ...more });
  const failed = (reason: string) => respond({ status: "failed", reason });
  const [service, name = ""] = String(commandId).split("/");
  const rules = service === "autohost" && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!rules || commandId !== `autohost/${name}`) return failed("command_unimplemented");
  if (!isObject(data) || !Object.entries(rules).every(([key, is]) => is(data[key]))) return failed("invalid_request");
  if (name === "start") return respond({ status: "success", data: { ips: ["127.0.0.1"], port: 20_000 } });
  return name === "subscribeUpdates" ? respond({ status: "success" }) : failed("internal_error");
}

const STATUS = { maxBattles: 1, currentBattles: 0, availableEngines: ["2025.01.5"] };
const BATTLE = "75bfc493-2b9d-495d-a453-06722fdca2ea";
const eventOf = (commandId: string, data: Json): Json => ({ type: "event", messageId: randomUUID(), commandId, data });

const conforming: Ways = {
  headers: { Authorization: "Bearer autohost-token" },
  offers: ["v0.tachyon"],
  send: (socket, message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
  opened: (socket, { send }) => send(socket, eventOf("autohost/status", STATUS)),
  request: (socket, request, { send, answer }) => send(socket, answer(request)),
  answer,
  event() {},
  malformed: (socket) => socket.close(1008, "no message"),
  binary: (socket) => socket.close(1003, "no text"),
  again: () => 5,
  autoPong: true,
};

/** Repeats each response when the next request comes. */
function againLater(): Partial<Ways> {
  const last = new WeakMap<WebSocket, Json>();
  return {
    request(socket, request, { send }) {
      const before = last.get(socket);
      if (before) send(socket, before);
      last.set(socket, answer(request));
      send(socket, answer(request));
    },
  };
}

/** Drops a request that comes while another is answered. */
function oneAtATime(): Partial<Ways> {
  let busy = false;
  return {
    request(socket, request, { send }) {
      if (busy) return;
      busy = true;
      send(socket, answer(request));
      setImmediate(() => {
        busy = false;
      });
    },
  };
}

/** A way to misbehave, and the requirement that it breaks. */
export interface AutohostFault {
  readonly breaks: string;
  /** The requirements that it breaks besides, in other cases. */
  readonly also?: readonly string[];
  readonly ways: Partial<Ways>;
}

const answering = (change: (response: Json, request: Json) => Json): Partial<Ways> => ({
  answer: (request: Json) => change(answer(request), request),
});
const dataOf = ({ data }: Json): Json => (isObject(data) ? data : {});
const isOdd = (request: Json) => dataOf(request).userId === "banana";

export const autohostFaults: Record<string, AutohostFault> = {
  "comes-without-a-token": { breaks: "client.authorization", ways: { headers: {} } },
  "comes-with-another-scheme": {
    breaks: "client.authorization",
    ways: { headers: { Authorization: "Basic YTpzZWNyZXQ=" } },
  },
  "says-no-status": { breaks: "client.status", ways: { opened() {} } },
  "never-comes-again": { breaks: "client.reconnects", ways: { again: () => undefined } },
  "stays-away-after-a-normal-closure": {
    breaks: "client.reconnects",
    ways: { again: (code) => (code === 1000 ? undefined : 5) },
  },
  "leaves-the-command-out": {
    breaks: "message.envelope",
    ways: answering(({ commandId: _, ...response }) => response),
  },
  "says-errors-in-plain-text": {
    breaks: "message.json",
    ways: {
      request: (socket, request, { send }) => {
        const response = answer(request);
        send(socket, response.status === "failed" ? `error: ${response.reason}` : response);
      },
    },
  },
  "answers-twice": {
    breaks: "response.once",
    ways: {
      request: (socket, request, { send }) => {
        send(socket, answer(request));
        send(socket, answer(request));
      },
    },
  },
  "answers-again-later": { breaks: "response.once", ways: againLater() },
  "does-not-answer": { breaks: "request.answered", ways: { request() {} } },
  "makes-ids-of-its-own": {
    breaks: "response.correlated",
    ways: answering((response) => ({ ...response, messageId: randomUUID() })),
  },
  "trims-ids": {
    breaks: "request.echo",
    ways: answering((response) => ({ ...response, messageId: String(response.messageId).slice(0, 200) })),
  },
  "has-reasons-of-its-own": {
    breaks: "response.reason",
    also: ["message.known", "unknown.unimplemented", "unknown.odd"],
    ways: answering((response) => (response.status === "failed" ? { ...response, reason: "nope" } : response)),
  },
  "gives-a-reason-with-success": {
    breaks: "response.status",
    ways: answering((response) => (response.status === "success" ? { ...response, reason: "ok" } : response)),
  },
  "starts-without-data": {
    breaks: "message.schema",
    ways: answering(({ data: _, ...response }) => response),
  },
  "misspells-a-property": {
    breaks: "message.unknown-property",
    ways: answering((response) =>
      response.status === "failed" ? { ...response, detail: "it does not fit" } : response,
    ),
  },
  "repeats-the-id-of-its-status": {
    breaks: "event.id-unique",
    ways: {
      opened: (socket, { send }) => {
        send(socket, { ...eventOf("autohost/status", STATUS), messageId: "status" });
        send(socket, { ...eventOf("autohost/status", STATUS), messageId: "status" });
      },
    },
  },
  "sends-what-servers-send": {
    breaks: "message.direction",
    ways: {
      opened: (socket, { send }) => {
        send(socket, eventOf("autohost/status", STATUS));
        send(socket, eventOf("user/updated", { users: [] }));
      },
    },
  },
  "takes-anything": {
    breaks: "invalid.data",
    ways: answering((response) =>
      response.reason === "invalid_request" ? { ...response, reason: "internal_error" } : response,
    ),
  },
  "calls-unknown-commands-invalid": {
    breaks: "unknown.unimplemented",
    also: ["message.known"],
    ways: answering((response) =>
      response.reason === "command_unimplemented" ? { ...response, reason: "invalid_request" } : response,
    ),
  },
  "refuses-further-properties": {
    breaks: "request.extra",
    ways: answering((response, request) =>
      "extra" in dataOf(request) ? { ...response, status: "failed", reason: "invalid_request" } : response,
    ),
  },
  "answers-events": {
    breaks: "event.unanswered",
    ways: { event: (socket, event, { send }) => send(socket, answer(event)) },
  },
  "dies-on-odd-strings": {
    breaks: "valid.odd-strings",
    ways: {
      request: (socket, request, { send }) => (isOdd(request) ? socket.terminate() : send(socket, answer(request))),
    },
  },
  "ignores-malformed-messages": { breaks: "malformed.closed", ways: { malformed() {} } },
  "drops-the-connection": { breaks: "malformed.code", ways: { malformed: (socket) => socket.terminate() } },
  "closes-without-a-code": { breaks: "malformed.code", ways: { malformed: (socket) => socket.close() } },
  "closes-without-a-reason": { breaks: "malformed.reason", ways: { malformed: (socket) => socket.close(1008) } },
  "reads-binary-messages": {
    breaks: "malformed.binary",
    ways: { binary: (socket) => conforming.send(socket, answer({ messageId: "binary", ...SUBSCRIBED })) },
  },
  "offers-no-subprotocol": { breaks: "client.subprotocol", ways: { offers: [] } },
  "sends-unknown-events": {
    breaks: "message.known",
    ways: {
      opened: (socket, { send }) => {
        send(socket, eventOf("autohost/status", STATUS));
        send(socket, eventOf("autohost/hello", {}));
      },
    },
  },
  "counts-milliseconds": {
    breaks: "message.time",
    ways: {
      opened: (socket, { send }) => {
        send(socket, eventOf("autohost/status", STATUS));
        send(socket, eventOf("autohost/update", { battleId: BATTLE, time: Date.now(), update: { type: "start" } }));
      },
    },
  },
  "answers-one-request-at-a-time": { breaks: "request.pipelined", ways: oneAtATime() },
  "carries-out-what-is-for-users": {
    breaks: "request.wrong-direction",
    also: ["message.known", "message.direction", "message.schema"],
    ways: answering((response, { commandId }) => {
      const { reason: _, ...rest } = response;
      return commandId === "battle/start" ? { ...rest, status: "success" } : response;
    }),
  },
  "leaves-after-a-failure": {
    breaks: "invalid.usable",
    ways: {
      request: (socket, request, { send }) => {
        const response = answer(request);
        send(socket, response);
        if (response.status === "failed") socket.close(1000);
      },
    },
  },
  "sends-no-pongs": { breaks: "transport.ping", ways: { autoPong: false } },
};

const SUBSCRIBED = { commandId: "autohost/subscribeUpdates", data: { since: 1 } };

const later = (ms: number, what: () => void) => void setTimeout(what, ms).unref();

/** Ways to be an autohost that conform, too. */
export const unusualAutohosts: Record<string, Partial<Ways>> = {
  "lacks every command": {
    answer: ({ messageId, commandId }) => ({
      ...{ type: "response", messageId, commandId },
      ...{ status: "failed", reason: "command_unimplemented", details: "later" },
    }),
  },
  "takes its time, answers out of order, and tells its status late and often": {
    offers: ["v0.9.tachyon", "v0.tachyon"],
    opened: (socket, { send }) => {
      for (const ms of [20, 30, 40])
        later(ms, () => socket.readyState === WebSocket.OPEN && send(socket, eventOf("autohost/status", STATUS)));
    },
    request: (socket, request, { send }) =>
      later(Math.random() * 3, () => socket.readyState === WebSocket.OPEN && send(socket, answer(request))),
    again: () => 15,
  },
  "lays its messages out over lines, and sends updates unasked": {
    headers: { authorization: "bearer autohost-token" },
    send: (socket, message) => socket.send(JSON.stringify(message, null, 2)),
    request: (socket, request, { send }) => {
      const update = { battleId: BATTLE, time: Date.now() * 1_000, update: { type: "start" } };
      send(socket, eventOf("autohost/update", update));
      send(socket, answer(request));
    },
  },
};

/** Starts an autohost that comes to a server, and comes again. */
export function startAutohost(url: string, how: Partial<Ways> = {}): Autohost {
  const ways: Ways = { ...conforming, ...how };
  let timer: NodeJS.Timeout | undefined;
  let socket: WebSocket | undefined;
  const come = () => {
    const it = new WebSocket(url, ways.offers, {
      headers: ways.headers,
      autoPong: ways.autoPong,
      perMessageDeflate: false,
    });
    socket = it;
    it.on("open", () => ways.opened(it, ways));
    it.on("error", () => {});
    it.on("message", (data, isBinary) => (isBinary ? ways.binary(it) : take(it, data, ways)));
    it.on("close", (code) => {
      const ms = ways.again(code);
      if (socket === it && ms !== undefined) timer = setTimeout(come, ms);
    });
  };
  come();
  return {
    stop() {
      clearTimeout(timer);
      const it = socket;
      socket = undefined;
      it?.terminate();
    },
  };
}

function take(socket: WebSocket, data: RawData, ways: Ways): void {
  const message = read(data.toString());
  if (!message) ways.malformed(socket);
  else if (message.type === "request") ways.request(socket, message, ways);
  else if (message.type === "event") ways.event(socket, message, ways);
}

/** A message that has an envelope. */
function read(text: string): Json | undefined {
  try {
    const message: unknown = JSON.parse(text);
    const known = isObject(message) && ["request", "response", "event"].includes(String(message.type));
    return known && isText(message.messageId) && isText(message.commandId) ? message : undefined;
  } catch {
    return undefined;
  }
}
