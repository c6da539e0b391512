// Gets the tools that `npm run up` would get, so that .ci/run has them built beside the tests that need no cluster.
import { inspectHost, installTools } from "../../scripts/host.ts";
import { PROFILE, REPOSITORY } from "./installation.ts";

await installTools(
    await inspectHost(REPOSITORY, { context: PROFILE, isMinikube: true }),
    console.log,
);
