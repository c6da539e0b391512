import { readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import {
    DOCKER,
    DOCKER_STOPPED,
    MINIKUBE,
    MINIKUBE_STOPPED,
    MINIKUBE_WITHOUT_PROFILE,
    Machine,
    PULUMI_WITHOUT_STACK,
    STACK_ID,
    VOLUME,
    kubectl,
    pulumi,
    tier,
} from "./machine.ts";

const UP = [...tier("backend"), ...tier("frontend"), ...tier("database"), VOLUME];

describe("npm run doctor", () => {
    let machine: Machine;
    before(async () => {
        machine = await Machine.make();
    });
    after(() => machine.remove());
    beforeEach(() => machine.clean());

    /** The last two lines: the verdict, and what comes next. */
    const conclusion = (stdout: string) => stdout.trimEnd().split("\n").slice(-2);

    it("says that all is well, and where", async () => {
        await machine.programs({
            docker: DOCKER,
            minikube: MINIKUBE,
            kubectl: kubectl(...UP),
            pulumi: pulumi(machine.url),
        });
        await machine.initialized();
        await machine.settings("config:\n  habit-tracker:backendReplicas: 2\n");
        const { stdout, stderr, exitCode } = await machine.run("doctor");
        expect({ stderr, exitCode }).to.deep.equal({ stderr: "", exitCode: 0 });
        for (const line of [
            /✔ docker +28\.2\.2 +\S+\/bin\/docker\n/,
            /✔ pulumi +v3\.259\.0 /,
            /✔ engine +answers, version 20\.10\.24\+dfsg1\n/,
            /✔ cluster +Minikube profile "minikube" runs, docker driver, docker runtime, 1 node, Kubernetes v1\.34\.2\n/,
            /· ports +127\.0\.0\.1:30080:30080\n/,
            /✔ backend +this clone's own folder: file:/,
            /✔ passphrase this clone's own: \.local\/passphrase\n/,
            /✔ stack +local, 3 resources, last changed 2026-11-28 01:03 UTC\n/,
            /· settings +1 from Pulumi\.local\.yaml, \d+ from Pulumi\.yaml's defaults .*\n +backendReplicas +2\n/,
            /✔ secret +jwtSecret: generated\n/,
            /· secret +geminiApiKey: absent: the chatbot says that it is not configured\n/,
            /✔ backend +1 of 1 pod ready\n +habit-tracker-backend-5584b56b67-5nmz4 +1\/1 ready, Running, 0 restarts, habit-tracker-backend:v1\.0\.0\n/,
            /✔ volume +habit-tracker-database, 1Gi\n/,
            /✔ page +http:\/\/127\.0\.0\.1:\d+ answers 200 in \d+ ms\n/,
        ]) {
            expect(stdout).to.match(line);
        }
        expect(conclusion(stdout)).to.deep.equal([
            `✔ All is well: the habit tracker is at ${machine.url}`,
            "  Next: npm run open",
        ]);
    });

    it("tells a newcomer what npm run up would get, and changes nothing", async () => {
        await machine.programs({ docker: DOCKER });
        const before = await readdir(machine.project);
        const { stdout, exitCode } = await machine.run("doctor");
        expect(stdout)
            .to.match(/○ pulumi +not on PATH: npm run up gets it\n/)
            .and.match(/· kubectl +not on PATH, and not needed: Minikube brings its own\n/)
            .and.match(
                /○ cluster +Minikube profile "minikube" does not exist: npm run up makes it\n/,
            )
            .and.match(/○ passphrase none yet/)
            .and.match(/○ stack +local does not exist yet/)
            .and.match(/The next npm run up\n[^]*(download|build) pulumi/);
        expect(conclusion(stdout)).to.deep.equal([
            "✔ Nothing is wrong; the stack is not up",
            "  Next: npm run up",
        ]);
        expect(exitCode).to.equal(0);
        expect(await readdir(machine.project)).to.deep.equal(before);
        expect(await readdir(machine.home)).to.deep.equal(["calls"]);
    });

    it("names what to mend where there is nothing at all", async () => {
        await machine.programs({});
        const { stdout, exitCode } = await machine.run("doctor");
        expect(stdout)
            .to.match(/· docker +not on PATH\n/)
            .and.match(/there is no Docker/);
        expect(exitCode).to.be.oneOf([0, 1]);
    });

    it("says that Docker is stopped, in the words of docker", async () => {
        await machine.programs({ docker: DOCKER_STOPPED, minikube: MINIKUBE_WITHOUT_PROFILE });
        const { stdout, exitCode } = await machine.run("doctor", [], {
            DOCKER_HOST: "tcp://10.0.0.9:2375",
        });
        expect(stdout)
            .to.match(
                /✖ engine +does not answer at tcp:\/\/10\.0\.0\.9:2375: Cannot connect to the/,
            )
            .and.match(/Mend it: start it, or choose another \(DOCKER_HOST/);
        expect(conclusion(stdout)[0]).to.match(/^✖ 1 problem; the first to mend is engine: /);
        expect(exitCode).to.equal(1);
    });

    it("tells a profile that npm run up starts from one that it leaves alone", async () => {
        await machine.programs({ docker: DOCKER, minikube: MINIKUBE_STOPPED, kubectl: kubectl() });
        const foreign = await machine.run("doctor");
        expect(foreign.exitCode).to.equal(1);
        expect(conclusion(foreign.stdout)[1]).to.equal("  Next: minikube start -p minikube");
        await machine.local("profiles", "minikube");
        const own = await machine.run("doctor");
        expect(own.stdout).to.match(/○ cluster .* is stopped, .*; npm run up starts it\n/);
        expect(own.exitCode).to.equal(0);
    });

    for (const [name, programs, line] of [
        [
            "an engine",
            { docker: { "--version": DOCKER["--version"] ?? {}, "": { hangs: true } } },
            /✖ engine +docker (info|version) does not answer within \d s\n/,
        ],
        [
            "a Minikube",
            { minikube: { "": { hangs: true } } },
            /✖ cluster +minikube status -p minikube does not answer within \d s\n/,
        ],
        [
            "a cluster's API server",
            { kubectl: { "": { hangs: true } } },
            /✖ pods +cannot be seen: kubectl \S+ does not answer within \d s\n/,
        ],
        [
            "a backend of Pulumi",
            { pulumi: { "": { hangs: true } } },
            /✖ stack +local cannot be read: pulumi stack does not answer within \d s\n/,
        ],
    ] as const) {
        it(`does not wait for ${name} that hangs`, async () => {
            await machine.programs({
                ...{ docker: DOCKER, minikube: MINIKUBE, kubectl: kubectl(...UP) },
                ...{ pulumi: pulumi(machine.url), ...programs },
            });
            await machine.initialized();
            const { stdout, exitCode } = await machine.run("doctor", ["--seconds", "3"]);
            expect(stdout).to.match(line);
            expect(exitCode).to.equal(1);
        });
    }

    it("refuses a time to wait that is none", async () => {
        for (const time of ["soon", "0", "-1", "601"]) {
            const { stderr, exitCode } = await machine.run("doctor", [`--seconds=${time}`]);
            expect(stderr).to.contain(`--seconds ${time} is no time to wait`);
            expect(exitCode).to.equal(1);
        }
    });

    it("lives with programs that print something else", async () => {
        const garbage = { "": { stdout: "<html>{canary", stderr: "\u001b[31mwhat?" } };
        await machine.programs({
            ...{ docker: garbage, minikube: garbage, kubectl: garbage, pulumi: garbage },
        });
        await machine.initialized();
        await machine.local("state/.pulumi/locks/organization/habit-tracker/local/a.json", "{");
        const { stdout, stderr, exitCode } = await machine.run("doctor");
        expect(stderr).to.equal("");
        expect(stdout)
            .to.match(/✖ stack +local cannot be read: it answers something else/)
            .and.match(/✔ pulumi +\(no version\)/);
        expect(exitCode).to.equal(1);
    });

    it("shows the place of a mistake in the stack's file, and not what stands there", async () => {
        await machine.programs({ docker: DOCKER, minikube: MINIKUBE_WITHOUT_PROFILE });
        await machine.settings("config:\n  habit-tracker:jwtSecret: [canary-in-the-file\n");
        const { stdout, exitCode } = await machine.run("doctor");
        expect(stdout).to.match(
            /✖ settings +Pulumi\.local\.yaml is no YAML: line \d+, column \d+: Without it/,
        );
        expect(stdout).not.to.contain("canary");
        expect(exitCode).to.equal(1);
    });

    it("misses the passphrase of a file that another clone encrypted", async () => {
        await machine.programs({ docker: DOCKER, minikube: MINIKUBE_WITHOUT_PROFILE });
        await machine.settings("encryptionsalt: v1:canary\n");
        const { stdout, exitCode } = await machine.run("doctor");
        expect(stdout).to.match(
            /✖ passphrase there is none, and the stack local is encrypted with one\n/,
        );
        expect(stdout).not.to.contain("canary");
        expect(exitCode).to.equal(1);
    });

    it("tells who works on the stack, and a lock that was left", async () => {
        await machine.programs({
            ...{ docker: DOCKER, minikube: MINIKUBE, kubectl: kubectl(...UP) },
            pulumi: pulumi(machine.url, {
                pending_operations: [
                    {
                        type: "creating",
                        resource: { urn: "urn:pulumi:local::p::t::backend-service", type: "t" },
                    },
                ],
            }),
        });
        await machine.initialized();
        const lock = (pid: number) =>
            machine.local(
                "state/.pulumi/locks/organization/habit-tracker/local/a.json",
                JSON.stringify({
                    ...{ pid, username: "ann", hostname: hostname() },
                    timestamp: "2026-11-28T01:00:00Z",
                }),
            );
        await lock(process.pid);
        const held = await machine.run("doctor");
        expect(held.stdout)
            .to.match(
                /✖ lock +another pulumi works on it: ann@\S+, process \d+, since 2026-11-28 01:00 UTC\n +Mend it: wait/,
            )
            .and.match(
                /○ cut off +1 operation, which npm run up takes up: creating backend-service\n/,
            );
        expect(held.exitCode).to.equal(1);
        // no process has it: the kernel's largest is 4194304
        await lock(4_194_305);
        const left = await machine.run("doctor");
        expect(left.stdout).to.match(/○ lock +left by a pulumi that is gone/);
        expect(left.exitCode).to.equal(0);
    });

    it("tells pods that do not get ready, and how to see why", async () => {
        await machine.programs({
            ...{ docker: DOCKER, minikube: MINIKUBE, pulumi: pulumi("http://127.0.0.1:1") },
            kubectl: kubectl(...tier("backend", "crashes"), ...tier("frontend")),
        });
        await machine.initialized();
        const { stdout, exitCode } = await machine.run("doctor");
        expect(stdout)
            .to.match(
                /✖ backend +0 of 1 pod ready\n +\S+ +0\/1 ready, CrashLoopBackOff, 4 restarts, /,
            )
            .and.match(/Mend it: npm run logs -- backend\n/)
            .and.match(/✖ page +http:\/\/127\.0\.0\.1:1 does not answer: /);
        expect(exitCode).to.equal(1);
    });

    it("does not take another stack's pods for its own", async () => {
        await machine.programs({
            ...{ docker: DOCKER, minikube: MINIKUBE, kubectl: kubectl(...UP) },
            pulumi: PULUMI_WITHOUT_STACK,
        });
        await machine.initialized();
        const { stdout, exitCode } = await machine.run("doctor");
        expect(stdout).to.contain(
            `belongs to another stack, or to one whose state is lost (ID ${STACK_ID})`,
        );
        expect(exitCode).to.equal(1);
    });

    it("is one JSON document with --json, with every setting and where it comes from", async () => {
        await machine.programs({
            ...{
                docker: DOCKER,
                minikube: MINIKUBE,
                kubectl: kubectl(...UP),
                pulumi: pulumi(machine.url),
            },
        });
        await machine.initialized();
        await machine.settings("config:\n  habit-tracker:backendReplicas: 2\n");
        const { stdout, stderr, exitCode } = await machine.run("doctor", ["--json"]);
        expect({ stderr, exitCode }).to.deep.equal({ stderr: "", exitCode: 0 });
        const document = JSON.parse(stdout) as {
            ok: boolean;
            problems: unknown[];
            facts: { settings: { settings: unknown[] } };
        };
        expect(document).to.deep.include({ ok: true, next: "npm run open", problems: [] });
        expect(document.facts.settings.settings)
            .to.deep.include({ key: "backendReplicas", from: "stack", value: "2" })
            .and.deep.include({ key: "namespace", from: "default", value: "default" });
    });

    it("shows no secret, wherever one stands", async () => {
        const proxy = "http://canary-user:canary-pass%2Fword@proxy.corp:3128";
        const env = {
            HTTPS_PROXY: proxy,
            ALL_PROXY: "socks5://canary-user:canary/slash@socks.corp",
            http_proxy: "canary-user:canary-plain@other.corp:8080",
            NO_PROXY: "127.0.0.1,.corp",
            DOCKER_HOST: "tcp://canary-user:canary-docker@127.0.0.1:2375",
            PULUMI_ACCESS_TOKEN: "canary-token",
            PULUMI_CONFIG_PASSPHRASE: "canary-passphrase",
            PULUMI_BACKEND_URL: "https://canary-user:canary-backend@pulumi.corp",
        };
        const saying = `${proxy} canary-pass/word canary-token canary-passphrase canary-backend
            socks5://canary-user:canary/slash@socks.corp`;
        const programs = (answer: { code: number }) => ({
            docker: {
                "--version": { stdout: "28.2.2" },
                "": { ...answer, stderr: `no ${saying}` },
            },
            minikube: MINIKUBE,
            kubectl: answer.code === 0 ? kubectl(...UP) : { "": { ...answer, stderr: saying } },
            pulumi: answer.code === 0 ? pulumi(machine.url) : { "": { ...answer, stderr: saying } },
        });
        await machine.initialized();
        await machine.settings(
            [
                "config:",
                "  habit-tracker:jwtSecret: canary-in-plain",
                "  habit-tracker:geminiApiKey:\n    secure: canary-encrypted",
                "  habit-tracker:namespace:\n    secure: canary-needless",
                "  habit-tracker:geminiBaseUrl: https://canary-user:canary-url@gemini.corp",
            ].join("\n"),
        );
        for (const code of [0, 1]) {
            await machine.programs(programs({ code }));
            for (const [command, args] of [
                ["doctor", []],
                ["doctor", ["--json"]],
                ["status", []],
                ["status", ["--json"]],
            ] as const) {
                const { stdout, stderr } = await machine.run(command, [...args], env);
                expect(`${stdout}${stderr}`, `${command} ${args.join(" ")}`).not.to.contain(
                    "canary",
                );
                if (command === "doctor" && args.length === 0) {
                    expect(stdout)
                        .to.contain("HTTPS_PROXY=proxy.corp:3128")
                        .and.contain("http_proxy=other.corp:8080")
                        .and.contain("NO_PROXY=127.0.0.1,.corp")
                        .and.match(
                            /✖ secret +jwtSecret is set in plain text\n +Mend it: pulumi config set --secret jwtSecret\n/,
                        )
                        .and.match(/✔ secret +geminiApiKey: set, encrypted\n/)
                        .and.match(/✔ passphrase none needed: the service keeps the keys\n/);
                }
            }
        }
    });

    it("starts nothing that changes anything", async () => {
        await machine.programs({
            ...{
                docker: DOCKER,
                minikube: MINIKUBE,
                kubectl: kubectl(...UP),
                pulumi: pulumi(machine.url),
            },
        });
        await machine.initialized();
        await machine.run("doctor");
        expect(
            (await machine.calls()).map((call) => call.split(" ").slice(0, 6).join(" ")),
        ).to.have.members([
            "docker --version",
            "docker version --format {{.Server.Version}}",
            "docker info",
            "kubectl version --client",
            "kubectl --context minikube get --raw=/version --request-timeout=5s",
            "kubectl --context minikube -n default get",
            "minikube version",
            "minikube profile list --light -o json",
            "minikube status -p minikube --format {{.Host}}",
            "minikube status -p minikube --format {{.Host}}",
            "pulumi version",
            "pulumi stack export --stack local --non-interactive",
        ]);
        expect(await readdir(join(machine.project, ".local"))).to.have.members([
            "passphrase",
            "state",
        ]);
    });
});
