import type { MiddlewareHandler } from "hono";
import type { Clock } from "./clock.ts";

/** Laravel's stock limiter: a number of requests a minute for each token, counted from the first one of the minute, or of another window. */
export function rateLimit(limit: number, clock: Clock, windowMs = 60_000): MiddlewareHandler {
  const windows = new Map<string, { until: number; used: number }>();
  return async (context, next) => {
    const token = context.req.header("Authorization") ?? "";
    const now = clock.now().getTime();
    const open = windows.get(token);
    const window = open && open.until > now ? open : { until: now + windowMs, used: 0 };
    windows.set(token, window);
    window.used += 1;
    context.header("X-RateLimit-Limit", String(limit));
    context.header("X-RateLimit-Remaining", String(Math.max(0, limit - window.used)));
    if (window.used <= limit) return next();
    context.header("Retry-After", String(Math.ceil((window.until - now) / 1000)));
    return context.json({ message: "Too Many Attempts." }, 429);
  };
}
