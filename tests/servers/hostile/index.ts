import { breaking } from "./broken.ts";
import { characters } from "./characters.ts";
import { endless } from "./endless.ts";
import { type Hostile, tcp } from "./tcp.ts";

/** The hostile servers. The first one is not hostile. */
export const hostile: Readonly<Record<string, Hostile>> = {
  "nothing but what is right": tcp(0),
  ...endless,
  ...breaking,
  ...characters,
};
