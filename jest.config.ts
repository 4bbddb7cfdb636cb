/** @jest-config-loader esbuild-register */
import type { Config } from "jest";

const config: Config = {
  testEnvironment: "node",
  maxWorkers: "100%", // Most of the time is waiting.
  testTimeout: 30_000, // Some servers under test are silence itself.
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" }, experimental: { keepImportAttributes: true } } },
    ],
  },
};

export default config;
