import { unescape as decode } from "node:querystring";
import type { Faults, ReferenceFault } from "./fault.ts";

/** A change that finds the version in what this makes of the query. */
const parsing =
  (change: (query: string) => string): ReferenceFault["change"] =>
  ({ greet, parity }) => ({
    greet: (client) => greet(client, parity(new URLSearchParams(change(client.query)).get("tachyonVersion"))),
  });

/** A parameter beside which a hand-made parser may fail: of a name that objects have, in brackets or empty, or with a plus. */
const ODD_PARAMETER = /(^|&)(hasOwnProperty|__proto__|[^=&]*%5B[^=&]*|)=|=[^&]*\+/;

/** Faults in finding the version in the query. */
export const queryFaults: Faults = {
  "looks-for-another-parameter": {
    says: "Looks for the version under another name than tachyonVersion.",
    breaks: "parity.query",
    change: parsing((query) =>
      query.replaceAll(/tachyonVersion/g, "other").replaceAll(/tachyon_version/g, "tachyonVersion"),
    ),
  },
  "does-not-decode-the-query": {
    says: "Reads the version as it stands in the query, percent-encoded or not.",
    breaks: "parity.query",
    change: ({ greet, parity }) => ({
      greet: (client) => greet(client, parity(/(?:^|&)tachyonVersion=([^&]*)/.exec(client.query)?.[1] ?? null)),
    }),
  },
  "finds-the-first-thing-that-looks-right": {
    says: "Takes whatever in the query looks like the parameter for it, also a longer name or a value.",
    breaks: "parity.query",
    also: ["parity.missing"],
    change: ({ greet, parity }) => ({
      greet(client) {
        const query = decode(client.query); // It throws at no escape.
        greet(client, parity(decode(/tachyonVersion=([^&%]*)/.exec(query)?.[1] ?? "")));
      },
    }),
  },
  "finds-the-version-only-in-front": {
    says: "Finds the version only where the query begins with it.",
    breaks: "parity.query",
    change: ({ greet }) => ({
      greet: (client, parity) => greet(client, client.query.startsWith("tachyonVersion=") ? parity : "unknown"),
    }),
  },
  "finds-no-version-beside-odd-parameters": {
    says: "Finds no version beside a parameter that has no name, one with brackets, one that objects of JavaScript have, or a plus in its value.",
    breaks: "parity.query",
    change: ({ greet }) => ({
      greet: (client, parity) => greet(client, ODD_PARAMETER.test(client.query) ? "unknown" : parity),
    }),
  },
  "takes-version-for-tachyon-version": {
    says: "Takes the parameter version for tachyonVersion.",
    breaks: "parity.query",
    change: parsing((query) => query.replaceAll(/(^|&)version=/g, "$1tachyonVersion=")),
  },
  "splits-queries-at-semicolons": {
    says: "Takes a semicolon in the query for the end of a parameter.",
    breaks: "parity.query",
    change: parsing((query) => query.replaceAll(";", "&")),
  },
  "reads-queries-up-to-a-semicolon": {
    says: "Reads no further in the query than to a semicolon.",
    breaks: "parity.query",
    change: parsing((query) => query.split(";", 1)[0] ?? ""),
  },
  "reads-600-characters-of-a-query": {
    says: "Reads no further in the query than 600 characters.",
    breaks: "parity.query",
    change: parsing((query) => query.slice(0, 600)),
  },
  "refuses-long-queries": {
    says: "Refuses a handshake whose query is longer than 600 characters.",
    breaks: "version.greeting",
    change: () => ({
      upgrade: ({ url = "" }, tcp) => (url.length > 600 ? tcp.end("HTTP/1.1 414 URI Too Long\r\n\r\n") : tcp),
    }),
  },
};
