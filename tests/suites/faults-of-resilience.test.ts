import { describe } from "@jest/globals";
import { resilienceFaults } from "../../suites/0.1.7/reference/faults/resilience.ts";
import { prove } from "./matrix.ts";

describe("the reference server with one fault breaks what the fault says, and nothing else", () => {
  prove(resilienceFaults, 1); // Each by itself: they are about load and latency.
});
