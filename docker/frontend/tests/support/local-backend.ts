import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
    chmodSync,
    chownSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const START_WITHIN_MS = 90_000;

/** BACKEND_DIR names another copy of the backend's sources. */
const source = process.env.BACKEND_DIR ?? join(import.meta.dirname, "../../../backend");

export interface LocalBackend {
    url: string;
    stop: () => Promise<void>;
}

/**
 * The real backend on a PostgreSQL of its own, as docker/backend/test.sh starts them, without Docker: the database
 * listens on a Unix socket in a temporary directory and ends with it.
 */
export async function startLocalBackend(env: Record<string, string> = {}): Promise<LocalBackend> {
    const python = backendPython();
    // Short: a socket's path has at most 107 bytes.
    const work = mkdtempSync("/tmp/habit-tracker-browser.");
    const database = startPostgres(work);
    const server = spawn(python, ["-m", "habit_tracker.server"], {
        env: {
            NODE_ENV: "production",
            PATH: process.env.PATH,
            PYTHONPATH: join(source, "src"),
            PYTHONPYCACHEPREFIX: join(work, "pycache"),
            DATABASE_URL: database.url,
            JWT_SECRET: randomBytes(32).toString("hex"),
            HOST: "127.0.0.1",
            PORT: "0",
            DRAIN_SECONDS: "0",
            ...env,
        },
    });
    const stop = async () => {
        if (server.exitCode === null && server.signalCode === null) {
            server.kill("SIGKILL");
            await once(server, "exit");
        }
        database.stop();
        rmSync(work, { recursive: true });
    };
    try {
        const url = await listening(server);
        return { url, stop };
    } catch (error) {
        await stop();
        throw error;
    }
}

async function listening(server: ChildProcess): Promise<string> {
    let output = "";
    for (const stream of [server.stdout, server.stderr])
        stream?.on("data", (chunk) => (output += chunk));
    for (const deadline = Date.now() + START_WITHIN_MS; Date.now() < deadline; await sleep(100)) {
        const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? [];
        if (url && (await isReady(url))) return url;
        if (server.exitCode !== null) break;
    }
    throw new Error(`The backend did not start. It printed:\n${output}`);
}

function isReady(url: string): Promise<boolean> {
    return fetch(`${url}/health?ready=1`).then(
        (answer) => answer.ok,
        () => false,
    );
}

/** In a virtual environment made once for each set of requirements; backend/test.sh uses the same. */
function backendPython(): string {
    const python = process.env.PYTHON ?? "python3";
    const requirements = join(source, "requirements-dev.txt");
    const version = execFileSync(python, ["-c", "import sys; print(sys.version, end='')"]);
    const key = createHash("sha256")
        .update(readFileSync(requirements))
        .update(version)
        .digest("hex")
        .slice(0, 16);
    const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "habit-tracker");
    const venv = join(cache, `backend-venv-${key}`);
    if (!existsSync(venv)) {
        const unfinished = `${venv}.${process.pid}`;
        mkdirSync(cache, { recursive: true });
        execFileSync(python, ["-m", "venv", unfinished], { stdio: "inherit" });
        const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        execFileSync(
            join(unfinished, "bin/python"),
            [...pip, "--no-deps", "--require-hashes", "-r", requirements],
            { stdio: "inherit" },
        );
        renameSync(unfinished, venv);
    }
    return join(venv, "bin/python");
}

function startPostgres(work: string): { url: string; stop: () => void } {
    const bin = postgresBin();
    const folder = join(work, "pg");
    const password = randomBytes(16).toString("hex");
    mkdirSync(folder);
    writeFileSync(join(folder, "password"), password);
    // PostgreSQL refuses to run as root.
    const owner = userInfo().uid === 0 ? postgresUser() : undefined;
    if (owner) {
        chmodSync(work, 0o711);
        for (const path of [folder, join(folder, "password")]) chownSync(path, ...owner);
    }
    const run = (program: string, ...args: string[]) =>
        execFileSync(join(bin, program), args, {
            cwd: folder,
            stdio: ["ignore", "ignore", "pipe"],
            ...(owner && { uid: owner[0], gid: owner[1] }),
        });
    const login = ["--username", "tests", "--pwfile", "password", "--auth", "scram-sha-256"];
    run("initdb", "--pgdata", "data", ...login, "--no-sync");
    // No fsync: the data need not survive anything.
    const options = `-c listen_addresses= -c unix_socket_directories='${folder}' -c fsync=off`;
    const control = ["--pgdata", "data", "--wait", "--silent"];
    run("pg_ctl", ...control, "--log", "server.log", "--options", options, "start");
    return {
        url: `postgresql://tests:${password}@/postgres?host=${folder}`,
        stop: () => void run("pg_ctl", ...control, "--mode", "immediate", "stop"),
    };
}

function postgresUser(): [uid: number, gid: number] {
    const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"]).toString());
    return [id("-u"), id("-g")];
}

function postgresBin(): string {
    const debian = "/usr/lib/postgresql";
    const versions = existsSync(debian) ? readdirSync(debian).sort() : [];
    const bin = [
        ...versions.reverse().map((version) => join(debian, version, "bin")),
        ...(process.env.PATH ?? "").split(":"),
    ].find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "pg_ctl")));
    if (bin) return bin;
    throw new Error(
        "PostgreSQL’s server programs (initdb, pg_ctl) are missing; the browser tests run on a real database. " +
            "On Debian or Ubuntu: docker/backend/test.sh installs them, or apt-get install postgresql.",
    );
}
