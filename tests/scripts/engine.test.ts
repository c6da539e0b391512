import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Machine, engineIntention, inspectEngine } from "../../scripts/engine.ts";
import { Failure } from "../../scripts/failure.ts";

/** What `docker info` prints where there is no engine (29.0), and where the user is not in its group. */
const STOPPED =
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?";
const FORBIDDEN =
    "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock";

const LINUX: Machine = { platform: "linux", kernel: "Linux version 6.12", debianRoot: false };

describe("the Docker engine", () => {
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "engine-test-"));
    });
    after(() => rm(folder, { recursive: true }));

    it("answers, does not, lets nobody in, or is not there", async () => {
        const docker = async (script: string) => {
            await writeFile(join(folder, "docker"), `#!/bin/sh\n${script}\n`);
            await chmod(join(folder, "docker"), 0o755);
            return inspectEngine({ PATH: `${folder}:/bin` });
        };
        expect(await docker("exit 0")).to.include({ state: "answers" });
        const failing = (text: string) => docker(`echo '${text}' >&2; exit 1`);
        expect(await failing(STOPPED)).to.deep.equal({ state: "stopped", reason: STOPPED });
        expect(await failing(FORBIDDEN)).to.deep.equal({ state: "forbidden", reason: FORBIDDEN });
        expect(await inspectEngine({ PATH: "/nowhere" })).to.include({ state: "absent" });
        // what else is denied says nothing of the engine
        const config = "WARNING: Error loading config file: open config.json: permission denied";
        expect(await failing(`${config}\n${STOPPED}`)).to.include({ state: "stopped" });
    });

    it("is told from one at another address", async () => {
        const at = async (address: string, env: Record<string, string> = {}) => {
            const said = `Cannot connect to the Docker daemon at ${address}. Is it running?`;
            await writeFile(join(folder, "docker"), `#!/bin/sh\necho '${said}' >&2; exit 1\n`);
            return (await inspectEngine({ PATH: `${folder}:/bin`, ...env })).address;
        };
        expect(await at("unix:///var/run/docker.sock")).to.equal(undefined);
        expect(await at("tcp://10.0.0.9:2375")).to.equal("tcp://10.0.0.9:2375");
        expect(await at("x", { DOCKER_HOST: "ssh://me@build" })).to.equal("ssh://me@build");
    });

    it("is not started, nor installed, where another one is meant", () => {
        const elsewhere = (address: string, machine: Machine) => () =>
            engineIntention({ state: "stopped", reason: "no", address }, machine);
        expect(elsewhere("tcp://10.0.0.9:2375", { ...LINUX, debianRoot: true })).to.throw(
            Failure,
            /The Docker engine at tcp:\/\/10\.0\.0\.9:2375 does not answer[^]*DOCKER_HOST/,
        );
        const desktop = "unix:///home/me/.docker/desktop/docker.sock";
        expect(elsewhere(desktop, LINUX)).to.throw(Failure, /Mend it: start Docker Desktop, then/);
    });

    const MACHINES: Record<string, Machine> = {
        "Debian, as root": { ...LINUX, debianRoot: true },
        "Linux, as a user": LINUX,
        macOS: { platform: "darwin", kernel: "", debianRoot: false },
        WSL: { ...LINUX, kernel: "Linux version 6.6.87.2-microsoft-standard-WSL2" },
    };
    const REASONS = {
        stopped: STOPPED,
        forbidden: FORBIDDEN,
        absent: "There is no program docker",
    };
    const GROUP =
        /does not let this user in[^]*permission denied[^]*Mend it: sudo usermod -aG docker/;
    const TABLE: Record<string, Record<keyof typeof REASONS, string | RegExp>> = {
        "Debian, as root": {
            stopped: "start the Docker engine",
            absent: "install (apt-get) and start Debian's Docker engine",
            forbidden: GROUP,
        },
        "Linux, as a user": {
            stopped:
                /does not answer[^]*Cannot connect[^]*Mend it: sudo systemctl start docker, then/,
            absent: /There is no Docker\n[^]*Mend it: install Docker, https:\/\/docs\.docker\.com\/engine/,
            forbidden: GROUP,
        },
        macOS: {
            stopped: /does not answer[^]*Mend it: start Docker Desktop \(open -a Docker\)/,
            absent: /There is no Docker\n[^]*Mend it: install Docker Desktop/,
            forbidden: /does not let this user in[^]*Mend it: start Docker Desktop/,
        },
        WSL: {
            stopped: /Mend it: start Docker Desktop, with the WSL integration/,
            absent: /Mend it: install Docker Desktop/,
            forbidden: GROUP,
        },
    };
    for (const [name, machine] of Object.entries(MACHINES)) {
        for (const [state, wanted] of Object.entries(TABLE[name] ?? {})) {
            it(`is seen to, or says what to do: ${name}, ${state}`, () => {
                const engine = {
                    state: state as keyof typeof REASONS,
                    reason: REASONS[state as keyof typeof REASONS],
                };
                if (typeof wanted === "string") {
                    expect(engineIntention(engine, machine)).to.equal(wanted);
                } else {
                    expect(() => engineIntention(engine, machine)).to.throw(Failure, wanted);
                }
            });
        }
    }
});
