import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The first time, it installs what the backend needs. */
const START_WITHIN_MS = 10 * 60_000;

export interface LocalBackend {
    url: string;
    stop: () => Promise<void>;
}

/** The real backend on a PostgreSQL of its own, without Docker. */
export async function startLocalBackend(env: Record<string, string> = {}): Promise<LocalBackend> {
    const script = join(import.meta.dirname, "../../../backend/test.sh");
    const server = spawn(script, ["serve"], {
        env: { ...process.env, PORT: "0", DRAIN_SECONDS: "0", ...env },
    });
    let output = "";
    for (const stream of [server.stdout, server.stderr])
        stream.on("data", (chunk) => (output += chunk));
    const ended = once(server, "exit");
    const stop = async () => {
        server.kill("SIGTERM");
        await ended;
    };
    const deadline = Date.now() + START_WITHIN_MS;
    while (server.exitCode === null && Date.now() < deadline) {
        const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? [];
        if (url && (await isReady(url))) return { url, stop };
        await sleep(100);
    }
    await stop();
    throw new Error(`The backend did not start. It printed:\n${output}`);
}

function isReady(url: string): Promise<boolean> {
    return fetch(`${url}/health?ready=1`).then(
        (answer) => answer.ok,
        () => false,
    );
}
