/** @jest-config-loader esbuild-register */
import { availableParallelism } from "node:os";
import type { Config } from "jest";

/** The way a file is compiled; JSX makes elements of Preact. */
const swc = (tsx: boolean): [string, unknown] => [
  "@swc/jest",
  {
    jsc: {
      target: "es2022",
      parser: { syntax: "typescript", tsx },
      transform: { react: { runtime: "automatic", importSource: "preact" } },
      experimental: { keepImportAttributes: true },
    },
  },
];

const config: Config = {
  testEnvironment: "node",
  testEnvironmentOptions: { globalsCleanup: "off" }, // It warns on stderr, now and then, which tests read.
  maxWorkers: 2 * availableParallelism(), // Most of the time is waiting.
  testSequencer: "<rootDir>/tests/sequencer.js",
  testTimeout: 120_000, // Some servers under test are silence itself, and a busy machine takes ten times as long.
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts", ".tsx"],
  transform: { "\\.ts$": swc(false), "\\.tsx$": swc(true) },
};

export default config;
