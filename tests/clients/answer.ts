/** A JSON object. */
export type Json = Record<string, unknown>;

/** Tells if a value is a text. */
export const isText = (it: unknown) => typeof it === "string";
const isFlag = (it: unknown) => typeof it === "boolean";
const isCount = (it: unknown) => Number.isInteger(it);
const isBattle = (it: unknown) => /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(String(it));
const isList = (of: (it: unknown) => boolean) => (it: unknown) => Array.isArray(it) && it.every(of);
/** Tells if a value is a JSON object. */
export const isObject = (it: unknown): it is Json => typeof it === "object" && it !== null && !Array.isArray(it);
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

/** The response of an autohost that conforms to a request. */
export function answer({ messageId, commandId, data }: Json): Json {
  const respond = (more: Json) => ({ type: "response", messageId, commandId, ...more });
  const failed = (reason: string) => respond({ status: "failed", reason });
  const [service, name = ""] = String(commandId).split("/");
  const rules = service === "autohost" && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!rules || commandId !== `autohost/${name}`) return failed("command_unimplemented");
  if (!isObject(data) || !Object.entries(rules).every(([key, is]) => is(data[key]))) return failed("invalid_request");
  if (name === "start") return respond({ status: "success", data: { ips: ["127.0.0.1"], port: 20_000 } });
  return name === "subscribeUpdates" ? respond({ status: "success" }) : failed("internal_error");
}
