/**
 * Reads an envelope or a payload. They arrive as JSON objects; some stores return the JSON text instead.
 *
 * @throws {TypeError|SyntaxError} if it is neither
 */
export function parseWire(wire: unknown): Record<string, unknown> {
  const value: unknown = typeof wire === "string" ? JSON.parse(wire) : wire;
  if (typeof value !== "object" || value === null) throw new TypeError("not an object");
  return value as Record<string, unknown>;
}
