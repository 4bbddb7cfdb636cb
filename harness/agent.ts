import about from "../package.json" with { type: "json" };

/** How the suite names itself in every handshake: some gateways refuse a client that does not. */
export const USER_AGENT = `${about.name}/${about.version}`;
