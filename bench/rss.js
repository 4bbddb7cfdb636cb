// Loaded before a program to learn its peak memory: writes it, in KiB, to file descriptor 3 when the program ends.
import { writeSync } from "node:fs";

process.on("exit", () => writeSync(3, String(process.resourceUsage().maxRSS)));
