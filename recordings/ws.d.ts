import type { Writable } from "node:stream";

/** The parts of `ws` that it exports and its types leave out. */
declare module "ws" {
  type Offers = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

  const extension: { parse(header: string): Offers };

  class PerMessageDeflate {
    static readonly extensionName: string;
    constructor(options: { readonly isServer: boolean; readonly maxPayload: number });
    accept(configurations: Offers[string]): unknown;
    cleanup(): void;
  }

  class Receiver extends Writable {
    constructor(options: {
      readonly isServer: boolean;
      readonly maxPayload: number;
      readonly maxFragments: number;
      readonly extensions: Readonly<Record<string, PerMessageDeflate>>;
    });
  }
}
