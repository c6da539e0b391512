import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import next from "next";

import { announceBuild } from "./build";
import { handleApi, isForApi } from "./api";
import { drainOnSigterm } from "./drain";
import { securityHeaders } from "./security-headers";
import { drainSeconds, listenAddress, SettingError } from "./settings";

/** What holds `.next`, in the image and in a checkout. */
const ROOT = join(__dirname, "..");

/**
 * Longer than the 60 s for which the usual ingress controllers keep a connection to reuse it: whoever closes first
 * must be the one that opens, or its next request meets a connection that is gone.
 */
const KEEP_ALIVE_MS = 75_000;

/**
 * The process: `node dist/main.js`. Next serves the pages; `/api/` never reaches it, because a route handler of Next
 * takes several times the processor time of passing a request on, more than half a core bears at 50 requests a second.
 */
async function main(): Promise<void> {
    const server = createServer({
        keepAliveTimeout: KEEP_ALIVE_MS,
        // Node's own rule: longer than the other, or a slow client's second request is cut off.
        headersTimeout: KEEP_ALIVE_MS + 1_000,
    });
    const admit = drainOnSigterm(server, drainSeconds());
    const { hostname, port } = listenAddress();
    const handlePage = await pages(hostname, port);
    server.on("request", (request, response) => {
        if (!admit(request, response)) return;
        for (const [name, value] of securityHeaders()) response.setHeader(name, value);
        const handle = isForApi(request) ? handleApi : handlePage;
        handle(request, response).catch((error: unknown) => {
            console.error(error);
            response.destroy();
        });
    });
    server.listen(port, hostname, () => console.log(`listening on http://${hostname}:${port}`));
}

async function pages(hostname: string, port: number) {
    const dev = process.env.NODE_ENV === "development";
    if (!dev) {
        passBuiltConfig();
        announceBuild(ROOT);
    }
    const app = next({ dev, dir: ROOT, hostname, port });
    await app.prepare();
    return app.getRequestHandler();
}

/** A standalone build has no next.config; as its own server.js does, this hands Next what the build made of it. */
function passBuiltConfig(): void {
    const manifest = join(ROOT, ".next/required-server-files.json");
    const { config } = JSON.parse(readFileSync(manifest, "utf8")) as { config: object };
    process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = JSON.stringify(config);
}

main().catch((error: unknown) => {
    console.error(error instanceof SettingError ? error.message : error);
    process.exit(1);
});
