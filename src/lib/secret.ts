/** A string that must not show anywhere, and the name people know it by: a variable's, or an input's. */
export interface Secret {
  name: string;
  value: string;
}
