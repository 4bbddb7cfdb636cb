import type { AddressInfo } from "node:net";

/** Returns the host of a url as the network knows it: an IPv6 address has no brackets. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1");

/** Returns the port of a url, or that of its scheme. */
export const portOf = ({ port, protocol }: URL): number =>
  Number(port || (protocol === "wss:" || protocol === "https:" ? 443 : 80));

/** Returns the url of a WebSocket at an address: one of IPv6 has brackets there. */
export const urlAt = ({ address, family, port }: AddressInfo): string =>
  `ws://${family === "IPv6" ? `[${address}]` : address}:${port}`;

/** Tells by the name of its host if a url is one of this machine. */
export const isThisMachine = ({ hostname }: Pick<URL, "hostname">): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
