import { StashError } from "../lib/errors.ts";
import { listNames } from "../lib/printable.ts";

/** One environment's variables, in the service's order. */
export interface Layer<Item extends { name: string }> {
  environment: string;
  items: readonly Item[];
}

/** A variable after all layers are merged. */
export interface LayeredItem<Item> {
  item: Item;
  environment: string;
  /** the environments whose variable of this name it overrides, first to last */
  overrode: string[];
}

/**
 * Merges environments: later ones win, and a name keeps the place where it first occurred.
 *
 * @throws {StashError} `VARIABLES_AMBIGUOUS` if one environment holds a name twice
 */
export function mergeLayers<Item extends { name: string }>(
  layers: readonly Layer<Item>[],
): Map<string, LayeredItem<Item>> {
  const merged = new Map<string, LayeredItem<Item>>();
  const repeated = new Set<string>();
  for (const { environment, items } of layers) {
    for (const item of items) {
      const below = merged.get(item.name);
      if (below?.environment === environment) repeated.add(item.name);
      merged.set(item.name, {
        item,
        environment,
        overrode: below ? [...below.overrode, below.environment] : [],
      });
    }
  }
  if (repeated.size === 0) return merged;
  throw new StashError(
    "VARIABLES_AMBIGUOUS",
    `An environment holds more than one variable named ${listNames([...repeated])}, so it is unclear which one to use. ` +
      "Delete the others in SecretStash.",
  );
}
