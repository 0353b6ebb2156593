/** A string that must not show anywhere, and the name people know it by: a variable's, or an input's. */
export interface Secret {
  name: string;
  value: string;
  /**
   * In which forms it can show: by default in every form of a text; `exact`: its lines as they are; `bytes`: the bytes of which the value
   * holds one in each character (latin1)
   */
  form?: "exact" | "bytes";
}
