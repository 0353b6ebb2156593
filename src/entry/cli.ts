#!/usr/bin/env node
import { runCli } from "./bundle.ts";

await runCli();
