import { beforeAll, expect, test } from "@jest/globals";
import { FORMAT_NAMES, FORMATS } from "../../reports/formats.ts";
import type { Report } from "../../reports/report.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { hostileReport } from "./pages.ts";

let hostile: Report;
beforeAll(async () => {
  hostile = await hostileReport();
});

// The tests of each format look closer. This one is for those that come after them.
test.each(FORMAT_NAMES)("%s holds no control character that a server said", async (name) => {
  const text = await FORMATS[name].make(hostile, protocol);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  expect(text).not.toMatch(/[\0-\x08\x0b\x0c\x0e-\x1f]/);
});
