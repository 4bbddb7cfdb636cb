import { describe } from "@jest/globals";
import { messageFaults } from "../../suites/0.1.7/reference/faults/messages.ts";
import { versionFaults } from "../../suites/0.1.7/reference/faults/version.ts";
import { prove } from "./matrix.ts";

describe("the reference server with one fault breaks what the fault says, and nothing else", () => {
  prove({ ...messageFaults, ...versionFaults });
});
