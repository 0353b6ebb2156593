/**
 * Envelopes and payloads arrive as JSON objects; some stores hand them back as the JSON text instead. Both are read.
 *
 * @throws {TypeError|SyntaxError} when it is neither
 */
export function parseWire(wire: unknown): Record<string, unknown> {
  const value: unknown = typeof wire === "string" ? JSON.parse(wire) : wire;
  if (typeof value !== "object" || value === null) throw new TypeError("not an object");
  return value as Record<string, unknown>;
}
