import disconnectRequest from "./system/disconnect/request.json" with { type: "json" };
import disconnectedResponse from "./system/disconnected/response.json" with { type: "json" };
import versionResponse from "./system/version/response.json" with { type: "json" };

/** The JSON schemas of the protocol document, as they stand there. */
export const documents = [disconnectRequest, disconnectedResponse, versionResponse] as const;

/** The keywords that they hold beside JSON schema. They say who may send a command. */
export const keywords = ["requiresLogin", "requiresRole"] as const;

/** The version under test: the constant that the schema of the greeting demands. */
export const version = constant(versionResponse.anyOf.flatMap(({ properties }) => properties.data ?? []));

function constant(data: readonly { properties: { tachyonVersion: { const: string } } }[]): string {
  const [one] = data;
  if (!one) throw new Error("schemas/0.1.7: the greeting's schema holds no constant for tachyonVersion");
  return one.properties.tachyonVersion.const;
}
