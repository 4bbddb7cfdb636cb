/** Exit codes, a contract with CI; what they mean stands in the README. */
export const EXIT = { conformant: 0, notConformant: 1, usage: 2, unreachable: 3, interrupted: 130 } as const;
