import { isIPv4, isIPv6 } from "node:net";

const UUID = /^(?:urn:uuid:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The formats that schemas of this version ask for. */
export const formats = {
  uuid: (text: string) => UUID.test(text),
  regex: isRegex,
  ipv4: isIPv4,
  ipv6: isIPv6,
} as const;

function isRegex(text: string): boolean {
  try {
    return new RegExp(text, "u") instanceof RegExp;
  } catch {
    return false;
  }
}
