import { describe } from "@jest/globals";
import { transportFaults } from "../../suites/0.1.7/reference/faults/transport.ts";
import { prove } from "./matrix.ts";

describe("the reference server with one fault breaks what the fault says, and nothing else", () => {
  prove(transportFaults);
});
