import { beforeAll } from "@jest/globals";
import { forGitHub } from "../../reports/github.ts";
import type { Report } from "../../reports/report.ts";
import { commandFor } from "../../reports/shell-commands.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { breaking, inTerminal, sample } from "./samples.ts";

export const ROOT = "disconnect.success";
export const SHOWS = "disconnect/alone";
export const PARITY = "version/parity-patch-with-zero";
export const { requirements } = protocol;

/** A run in which nothing is broken. */
export let good: Report;
/** A run in which the plain request is refused, so much could not be judged. */
export let refusing: Report;
/** The same, with another breach that nothing rests on, and that comes before it in the catalogue. */
export let twice: Report;

beforeAll(async () => {
  [good, refusing] = await Promise.all([sample(), sample("fails-to-disconnect")]);
  twice = breaking(refusing, PARITY, "parity.patch");
});

/** Tells a report in the terminal, with short commands. */
export const show = (report: Report, more: object = {}) =>
  inTerminal(report, {
    command: (...ids: string[]) =>
      commandFor(
        {
          ...report,
          given: [],
          target: { ...report.target, url: "ws://x" },
          suite: { ...report.suite, name: "it" },
        } as Report,
        ...ids,
      ),
    ...more,
  });

/** Returns the errors that GitHub shows beside code. */
export const annotations = (report: Report) =>
  forGitHub("", report, requirements)
    .split("\n")
    .filter((line) => line.startsWith("::error"));
