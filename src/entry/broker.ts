// The key broker (`secret-stash-ci broker`): a bundle of its own, which no stage of a job loads. Importing it does nothing.

export { runBroker } from "../cli/broker/run.ts";
