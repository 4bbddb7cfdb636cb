/** The protocol versions, by the names that users choose them by. The first is tested where nobody says which. */
export const VERSION_NAMES = ["0.1.7", "v0"] as const;

/** The kinds of clients that can be tested, by the names that users choose them by. */
export const ACTOR_NAMES = ["autohost"] as const;

/** The name of a protocol version. */
export type VersionName = (typeof VERSION_NAMES)[number];

/** Tells if something is the name of a protocol version. */
export const isVersionName = (it: unknown): it is VersionName => VERSION_NAMES.some((name) => name === it);
