import { list, TEXT, time, userId } from "./definitions.ts";
import { own } from "./index.ts";
import { command, type Direction, event, object, type Schema, schemasOf } from "./schema.ts";

const TO_AUTOHOST: Direction = { source: ["server"], target: ["autohost"] };
const FROM_AUTOHOST: Direction = { source: ["autohost"], target: ["server"] };

const battleId = { title: "BattleId", type: "string", format: "uuid" } as const;
const FLAG = { type: "boolean" } as const;
const COUNT = { type: "integer", minimum: 0 } as const;

/** A request that changes a battle: of that battle, and with more. */
const change = (name: string, more: Readonly<Record<string, Schema>> = {}, ...optional: readonly string[]) =>
  command(`autohost/${name}`, { data: object({ battleId, ...more }, ...optional), way: TO_AUTOHOST });

const player = object({ userId, name: TEXT, password: TEXT });
const ARCHIVE = { type: "string", pattern: "^[a-fA-F0-9]{128}$" } as const;
const OPTIONS = { type: "object", patternProperties: { "": TEXT } } as const;

const battle = object(
  {
    battleId,
    engineVersion: { type: "string", pattern: "^[0-9a-zA-Z .+-]+$" },
    gameName: TEXT,
    mapName: TEXT,
    startPosType: { enum: ["fixed", "random", "ingame", "beforegame"] },
    allyTeams: {
      type: "array",
      minItems: 1,
      items: object({ teams: { type: "array", minItems: 1, items: object({ players: list(player) }, "players") } }),
    },
    spectators: list(player),
    gameArchiveHash: ARCHIVE,
    mapArchiveHash: ARCHIVE,
    startDelay: { type: "integer" },
    mapOptions: OPTIONS,
    gameOptions: OPTIONS,
    restrictions: { type: "object", patternProperties: { "": COUNT } },
    luamsgRegexp: { type: "string", format: "regex" },
  },
  ...["spectators", "gameArchiveHash", "mapArchiveHash", "startDelay"],
  ...["mapOptions", "gameOptions", "restrictions", "luamsgRegexp"],
);

const place = object({
  ips: list({ anyOf: ["ipv4", "ipv6"].map((format) => ({ type: "string", format })) }),
  port: { type: "integer", minimum: 1024, maximum: 65535 },
});

/** The updates of a battle that an autohost sends, by their type. */
const updates: Readonly<Record<string, Schema>> = {
  start: object({}),
  finished: object({ userId, winningAllyTeams: { type: "array", items: { type: "integer" }, minItems: 1 } }),
  engine_message: object({ message: TEXT }),
  engine_warning: object({ message: TEXT }),
  engine_quit: object({}),
  engine_crash: object({ details: TEXT }, "details"),
  player_joined: object({ userId, playerNumber: { type: "integer" } }),
  player_left: object({ userId, reason: { enum: ["lost_connection", "left", "kicked"] } }),
  player_chat: {
    anyOf: [
      object({ userId, message: TEXT, destination: { enum: ["allies", "all", "spectators"] } }),
      object({ userId, message: TEXT, destination: { const: "player" }, toUserId: userId }),
    ],
  },
  player_defeated: object({ userId }),
  luamsg: object(
    {
      userId,
      script: { enum: ["ui", "game", "rules"] },
      uiMode: { enum: ["all", "allies", "spectators"] },
      data: TEXT,
    },
    "uiMode",
  ),
};

const autohost = [
  ...command("autohost/start", {
    data: battle,
    ok: place,
    reasons: ["battle_already_exists", "engine_version_not_available"],
    way: TO_AUTOHOST,
  }),
  ...change("kill"),
  ...change("addPlayer", { userId, name: TEXT, password: TEXT }),
  ...change("kickPlayer", { userId }),
  ...change("mutePlayer", { userId, chat: FLAG, draw: FLAG }),
  ...change("specPlayers", { userIds: list(userId) }),
  ...change("sendCommand", { command: TEXT, arguments: list(TEXT) }, "arguments"),
  ...change("sendMessage", { message: { type: "string", maxLength: 127 } }),
  ...command("autohost/subscribeUpdates", { data: object({ since: time }), way: TO_AUTOHOST }),
  ...command("autohost/installEngine", { data: object({ version: TEXT }), way: TO_AUTOHOST }),
  event(
    "autohost/status",
    object({ maxBattles: COUNT, currentBattles: COUNT, availableEngines: list(TEXT) }),
    FROM_AUTOHOST,
  ),
  event(
    "autohost/update",
    object({
      battleId,
      time,
      update: {
        anyOf: Object.entries(updates).map(([type, schema]) => ({
          allOf: [object({ type: { const: type } }), schema],
        })),
      },
    }),
    FROM_AUTOHOST,
  ),
];

/** The schemas of the suite, with those of the service that autohosts serve. */
export const ownWithAutohosts = schemasOf([...own.all, ...autohost]);
