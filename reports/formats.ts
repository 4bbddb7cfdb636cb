import type { Protocol } from "../harness/protocol.ts";
import type { Report } from "./report.ts";

/** One way to tell a report. */
export interface Format {
  /** The help of its option. */
  readonly describe: string;
  /** Its name in a folder of reports; none where it is written only when it is asked for. */
  readonly file?: string;
  /** Makes it. */
  make(report: Report, protocol: Protocol): Promise<string>;
}

/** Every format, by the name of its option. Its module is loaded on demand. */
export const FORMATS = {
  json: {
    describe: "Write report.json to this file",
    file: "report.json",
    make: async (report) => `${JSON.stringify(report, null, 1)}\n`,
  },
  junit: {
    describe: "Write the JUnit report to this file",
    file: "junit.xml",
    make: async (report, protocol) => (await import("./junit.ts")).junit(report, protocol),
  },
  html: {
    describe: "Write the HTML report, one page that needs nothing else, to this file",
    file: "report.html",
    make: async (report, protocol) => (await import("./html/html.tsx")).html(report, protocol),
  },
  markdown: {
    describe: "Write the summary in Markdown to this file (default: the one that $GITHUB_STEP_SUMMARY names)",
    make: async (report, protocol) => (await import("./markdown/markdown.ts")).markdown(report, protocol),
  },
  badge: {
    describe: "Write the badge, as an endpoint of shields.io, to this file",
    make: async (report) => (await import("./badge.ts")).badge(report),
  },
} as const satisfies Readonly<Record<string, Format>>;

/** The name of a format, which is also that of its option. */
export type FormatName = keyof typeof FORMATS;

/** The names of all formats. */
export const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[];
