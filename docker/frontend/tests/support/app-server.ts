import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const START_WITHIN_MS = 45_000;

export interface AppOptions {
    /** The Node.js binary; by default the one that runs the tests. */
    node?: string;
    env?: Record<string, string>;
    /** The folder that the image has at /app. */
    appDir: string;
}

export interface RunningApp {
    url: string;
    port: number;
    /** What the server has printed so far. */
    output: () => string;
    /** Sends SIGTERM, as Kubernetes does. */
    terminate: () => void;
    /** How the process ended. */
    ended: Promise<{ code: number | null; signal: string | null }>;
    /** Ends it for good, in whatever state it is. */
    stop: () => Promise<void>;
}

/** Starts the built app just as the image's CMD does. */
export async function startApp({
    node = process.execPath,
    env = {},
    appDir,
}: AppOptions): Promise<RunningApp> {
    const port = await freePort();
    const child = spawn(node, ["dist/main.js"], {
        cwd: appDir,
        // Only these: what the machine that runs the tests has set must not decide.
        env: {
            NODE_ENV: "production",
            NEXT_TELEMETRY_DISABLED: "1",
            HOSTNAME: "127.0.0.1",
            PORT: String(port),
            ...env,
        },
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    const ended = once(child, "exit").then(([code, signal]) => ({ code, signal }));
    const app = {
        url: `http://127.0.0.1:${port}`,
        port,
        output: () => output,
        terminate: () => void child.kill("SIGTERM"),
        ended,
        stop: async () => {
            child.kill("SIGKILL");
            await ended;
        },
    };
    const deadline = Date.now() + START_WITHIN_MS;
    while (!(await answers(app.url))) {
        if (child.exitCode !== null || Date.now() > deadline) {
            await app.stop();
            throw new Error(`The app did not start. It printed:\n${output}`);
        }
        await sleep(50);
    }
    return app;
}

async function answers(url: string): Promise<boolean> {
    return fetch(`${url}/?ready=1`, { headers: { connection: "close" } }).then(
        async (response) => {
            await response.arrayBuffer();
            return response.ok;
        },
        () => false,
    );
}

async function freePort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return port;
}
