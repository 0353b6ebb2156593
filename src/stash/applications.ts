import * as v from "valibot";
import { call, type Service } from "./service.ts";
import { listOf } from "./wire-types.ts";

const applications = listOf(v.object({ id: v.string() }));

/** Lists the applications that the token's account can see. */
export function listApplications(service: Service): Promise<{ id: string }[]> {
  return call(service, ["GET", "applications"], applications);
}
