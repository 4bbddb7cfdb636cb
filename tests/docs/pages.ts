import { readdirSync, readFileSync } from "node:fs";

const GENERATED = "kill-matrix.md";

/** The pages that people wrote for users. */
export const all: readonly string[] = [
  "README.md",
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md") && name !== GENERATED)
    .map((name) => `docs/${name}`),
];

export const read = (file: string): string => readFileSync(file, "utf8");
