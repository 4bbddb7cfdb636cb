/** The name of the standard input. Where that is a socket, it cannot be opened by it. */
export const STDIN = "/dev/stdin";
