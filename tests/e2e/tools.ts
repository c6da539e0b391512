// Gets the tools that `npm run up` would get, so that .ci/run has them built beside the tests that need no cluster.
import { startEngine } from "../../scripts/engine.ts";
import { chooseHost } from "../../scripts/host.ts";
import { PROFILE, REPOSITORY } from "./installation.ts";

const place = { context: PROFILE, isMinikube: true };
const { lacksEngine, missing, supply } = await chooseHost(REPOSITORY, place, undefined);
if (lacksEngine !== undefined) {
    await startEngine(console.log);
}
await supply.installTools(missing, console.log);
