import { describe } from "@jest/globals";
import { disconnectFaults } from "../../suites/0.1.7/reference/faults/disconnect.ts";
import { malformedFaults } from "../../suites/0.1.7/reference/faults/malformed.ts";
import { prove } from "./matrix.ts";

describe("the reference server with one fault breaks what the fault says, and nothing else", () => {
  prove({ ...disconnectFaults, ...malformedFaults });
});
