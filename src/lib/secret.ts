/** What must show nowhere, and what people know it by: a variable's name, or an input's. */
export interface Secret {
  name: string;
  value: string;
}
