/** Exit codes: a contract with CI, which the README explains. */
export const EXIT = { conformant: 0, notConformant: 1, usage: 2, unreachable: 3, interrupted: 130 } as const;
