// The seed's section "Docker Images".
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { expect } from "chai";
import {
    LONG_ENOUGH,
    SECRET_ENTRIES,
    type Statement,
    TIER,
    TIERS,
    builtImage,
    configMap,
    container,
    departures,
    deployment,
    expectImage,
    isSearchable,
    rowsOf,
    secret,
    templateOf,
    tierSeed,
} from "./statement.ts";
import type { LiveStack, TierName } from "./stack.ts";

const MB = 1e6;
/** A text that is in a layer of every image, and in nothing else that `docker save` writes. */
const IN_A_LAYER = "root:x:0:0:";

/** What the two images are made of, beyond what the tiers have. */
const IMAGE = {
    backend: {
        title: "Backend Image",
        maximum: 500 * MB,
        interpreter: ["python", "-c"],
        get: 'import sys, urllib.request as r; print(r.urlopen("http://127.0.0.1:8000" + sys.argv[1]).status)',
        version: "import platform; print(platform.python_version())",
        /** The official image's record of its version, and the system that its variant stands for. */
        official: { name: "PYTHON_VERSION", version: "3.12", system: "debian" },
        /** A file of the context, and where it is in the image. */
        source: ["src/habit_tracker/main.py", "/app/src/habit_tracker/main.py"],
        mode: "/app/src",
    },
    frontend: {
        title: "Frontend Image",
        maximum: 300 * MB,
        interpreter: ["node", "-e"],
        get: 'fetch("http://127.0.0.1:3000" + process.argv[1]).then((answer) => console.log(answer.status))',
        version: "console.log(process.versions.node)",
        official: { name: "NODE_VERSION", version: "18", system: "alpine" },
        source: ["public/robots.txt", "/app/public/robots.txt"],
        mode: "/app/dist",
    },
} as const;

/** Every one of these has to turn up in the steps, in this order. */
function expectOrder(steps: readonly string[], patterns: readonly RegExp[]): void {
    let last = -1;
    for (const pattern of patterns) {
        const at = steps.findIndex((step, index) => index > last && pattern.test(step));
        expect(at, `${pattern} after step ${last} of:\n${steps.join("\n")}`).to.be.greaterThan(
            last,
        );
        last = at;
    }
}

/** A copy to a folder: the Dockerfile's, the classic builder's or BuildKit's. */
const copyTo = (folder: string) => new RegExp(`^(COPY|.*#\\(nop\\) COPY).* ${folder}( |$)`);

/** The layers above the base in the seed's order, as the steps that make them. */
const LAYERS: Record<TierName, [says: string, ...steps: RegExp[]][]> = {
    backend: [
        ["3. Python dependencies (from requirements.txt)", copyTo("/opt/venv")],
        ["4. Application code (backend/src/)", copyTo("/app/src")],
        ["5. Non-root user creation", /useradd --uid 1000 .*appuser/],
    ],
    frontend: [
        [
            "3. Production stage: copy built artifacts (.next/standalone, .next/static)",
            ...[copyTo("/app/"), copyTo("/app/.next/static")],
        ],
        ["4. Non-root user creation", /nextjs:x:1001:1001/],
    ],
};

/** The version that a reference to an official image, or to its stand-in, pins. */
const pinnedVersion = (reference: string) =>
    /(?:^|\/)(?:python|node):(\d+(?:\.\d+)*)/.exec(reference)?.[1];

/** Whether a version is the pinned one: 3.12.4 is 3.12. */
const isVersion = (version: string, pinned: string) => `${version}.`.startsWith(`${pinned}.`);

/** The secrets that no layer may hold, by name: the database's password apart too. */
function secretsOf(stack: LiveStack): Record<string, string> {
    const { data = {} } = secret(stack);
    const password = /^[^:]+:\/\/[^:]*:([^@]+)@/.exec(data["DATABASE_URL"] ?? "")?.[1] ?? "";
    return Object.fromEntries(
        Object.entries({ ...data, "the password in DATABASE_URL": password }).filter(
            // layers are searched line by line
            ([name, value]) => isSearchable(name, value) && !value.includes("\n"),
        ),
    );
}

/** Lists the environment of the backend's containers, on the node. */
const listEnvironment = (namespace: string) =>
    `docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' $(docker ps -q` +
    ` --filter label=io.kubernetes.pod.namespace=${namespace} --filter label=io.kubernetes.container.name=backend)`;

/** Prints the same secrets out of an environment, so that they are in no command's words. */
export const printSecrets = (list: string, { data = {} }: { data?: Record<string, string> }) =>
    `${list} | sed -nE 'h; s#^DATABASE_URL=[^:]+://[^:]*:([^@]{${LONG_ENOUGH},})@.*#\\1#p; g;` +
    ` s/^(${Object.keys(data)
        .filter((name) => name !== "JWT_ALGORITHM")
        .join("|")})=(.{${LONG_ENOUGH},})$/\\2/p' | sort -u`;

/** On the node: prints which lines of a command's output are in an image's layers. */
export const searchLayers = (save: string, patterns: string) =>
    `${save} | { { echo ${IN_A_LAYER}; ${patterns}; } | grep -aoFf - /dev/fd/3 | sort -u; } 3<&0`;

const lines = (text: string) => text.split(/\r?\n/).filter(Boolean);

function imageStatements(tier: TierName): Statement[] {
    const { app, port, user, userId, base, health } = TIER[tier];
    const { title, maximum, get, interpreter, version, official, source, mode } = IMAGE[tier];
    const row = rowsOf(`Docker Images › ${title}`);
    const folder = `./docker/${tier}`;
    const baseSeed = { seed: tierSeed(tier, { Image: "", BaseImage: base }) };
    const run = (stack: LiveStack, script: string, ...args: string[]) =>
        stack.exec(tier, ...interpreter, script, ...args);
    const isPrebuilt = ({ setting }: LiveStack) => setting(`${tier}Image`) !== "";

    return [
        row(
            `${title}: ${app}:v1.0.0`,
            (stack) => expectImage(stack.image(tier).reference, stack, tier),
            { seed: builtImage(tier) },
        ),
        tier === "backend"
            ? row("Containerized FastAPI application with Python dependencies", {
                  live: async (stack) => {
                      // FastAPI's own schema of the running application
                      const schema =
                          'import json, urllib.request as r; print(json.load(r.urlopen("http://127.0.0.1:8000/openapi.json"))["openapi"])';
                      expect(await run(stack, schema)).to.match(/^3\./);
                      expect(await run(stack, "import fastapi; print(fastapi.__file__)")).to.match(
                          /^\/opt\/venv\//,
                      );
                  },
              })
            : row("Containerized Next.js application with Node.js dependencies", {
                  live: async (stack) => {
                      expect(await (await stack.page("/")).text()).to.contain("/_next/static/");
                      const loaded = 'console.log(require("next/package.json").name)';
                      expect(await run(stack, loaded)).to.equal("next");
                  },
              }),
        row(
            `Base Image: ${base} (pinned version)`,
            {
                recorded: ({ build, file, setting }) => {
                    expect(build(tier).args["BASE_IMAGE"]).to.equal(setting(`${tier}BaseImage`));
                    // for whoever builds by hand
                    expect(file(`${folder}/Dockerfile`)).to.contain(`ARG BASE_IMAGE=${base}\n`);
                },
                live: async (stack) => {
                    const pinned = pinnedVersion(stack.setting(`${tier}BaseImage`));
                    const running = await run(stack, version);
                    // of a base of one's own nothing is known
                    if (pinned !== undefined && !isPrebuilt(stack)) {
                        expect(isVersion(running, pinned), `${running} is ${pinned}`).to.be.true;
                    }
                    if (departures(baseSeed, stack).length === 0) {
                        expect(await stack.exec(tier, "cat", "/etc/os-release")).to.match(
                            new RegExp(`^ID=${official.system}$`, "m"),
                        );
                    }
                },
            },
            baseSeed,
        ),
        row(
            `Build Context: ${tier}/ directory`,
            {
                recorded: ({ build, setting }) => {
                    const { context } = build(tier);
                    expect(context).to.equal(setting(`${tier}Context`));
                    expect(existsSync(`${context}/Dockerfile`)).to.be.true;
                },
                live: async (stack) => {
                    if (isPrebuilt(stack) || stack.setting(`${tier}Context`) !== folder) {
                        return;
                    }
                    const here = createHash("sha256")
                        .update(readFileSync(`${folder}/${source[0]}`))
                        .digest("hex");
                    expect(await stack.exec(tier, "sha256sum", source[1])).to.contain(here);
                },
            },
            {
                other: "docker/ holds both contexts, beside the program",
                seed: tierSeed(tier, { Image: "", Context: folder }),
            },
        ),
        row(`Exposed Port: ${port}`, (stack) => {
            expect(stack.image(tier).exposedPorts).to.deep.equal([port]);
        }),
        row(`Health Endpoint: ${health}`, {
            recorded: (stack) => {
                expect(container(stack, tier).livenessProbe.httpGet.path).to.equal(health);
            },
            live: async (stack) => {
                expect(await run(stack, get, health)).to.equal("200");
            },
        }),
        row(`Size Target: <${maximum / MB}MB`, {
            live: ({ contents }) => {
                expect(contents(tier).size).to.be.within(1, maximum - 1);
            },
        }),
        row(`User: Non-root user ${user} (UID ${userId})`, {
            recorded: (stack) => {
                expect(stack.image(tier).user).to.equal(`${userId}:${userId}`);
            },
            live: async (stack) => {
                expect(stack.image(tier).user).to.equal(`${userId}:${userId}`);
                expect(await stack.exec(tier, "id", "-u")).to.equal(`${userId}`);
                expect(await stack.exec(tier, "id", "-un")).to.equal(user);
            },
        }),
        row(
            `Layers: 1. Base image (${base})`,
            {
                recorded: (stack) => {
                    expect(stack.image(tier).steps[0]).to.match(/^FROM \$\{BASE_IMAGE\}/);
                },
                live: (stack) => {
                    const { layers, env } = stack.contents(tier);
                    const below = stack.base(tier);
                    if (below !== undefined) {
                        expect(below.layers).not.to.be.empty;
                        expect(layers.slice(0, below.layers.length)).to.deep.equal(below.layers);
                        expect(layers.length).to.be.greaterThan(below.layers.length);
                    } else if (departures(baseSeed, stack).length === 0) {
                        // BuildKit keeps no image of the base: the official one's record of itself is in ours
                        const [, found = ""] =
                            env
                                .map((entry) => entry.split("="))
                                .find(([name]) => name === official.name) ?? [];
                        expect(isVersion(found, official.version), `${official.name}=${found}`).to
                            .be.true;
                    } else if (!isPrebuilt(stack)) {
                        throw new Error(
                            `Docker has no image ${stack.setting(`${tier}BaseImage`)} to compare the layers with: docker pull it`,
                        );
                    }
                },
            },
            baseSeed,
        ),
        ...(tier === "frontend"
            ? [
                  row("Layers: 2. Build stage: install dependencies, build Next.js", {
                      recorded: ({ file }) => {
                          expectOrder(file(`${folder}/Dockerfile`).split("\n"), [
                              /^FROM .* AS deps/,
                              /^RUN npm ci/,
                              /^FROM .* AS builder/,
                              /^RUN npm run build/,
                              /^FROM .* AS runner/,
                          ]);
                      },
                      live: async (stack) => {
                          // what the build stage made is there; what it needed for that is not
                          const files = await stack.exec(tier, "ls", "/app", "/app/.next");
                          expect(files).to.contain("server.js").and.to.contain("BUILD_ID");
                          expect(files).not.to.match(/^(src|tsconfig\.json|next\.config\.ts)$/m);
                      },
                  }),
              ]
            : [
                  row("Layers: 2. System dependencies (if needed): none are", (stack) => {
                      const { steps } = stack.image(tier);
                      expect(steps).not.to.be.empty;
                      expect(steps.filter((step) => /apt-get|apk add/.test(step))).to.deep.equal(
                          [],
                      );
                  }),
              ]),
        ...LAYERS[tier].map(([says], index) =>
            row(`Layers: ${says}`, (stack) =>
                expectOrder(
                    stack.image(tier).steps,
                    LAYERS[tier].slice(0, index + 1).flatMap(([, ...steps]) => steps),
                ),
            ),
        ),
        row(`Layers: ${LAYERS[tier].length + 3}. Working directory and permissions`, {
            recorded: (stack) => {
                expectOrder(stack.image(tier).steps, [
                    ...LAYERS[tier].flatMap(([, ...steps]) => steps),
                    /^WORKDIR \/app$/,
                ]);
            },
            live: async (stack) => {
                expect(stack.contents(tier).workingDir).to.equal("/app");
                const [owner, permissions = ""] = (
                    await stack.exec(tier, "stat", "-c", "%u %a", mode)
                ).split(" ");
                // whoever serves the code cannot change it
                expect(owner).to.equal("0");
                expect(permissions).to.match(/^7[0145][0145]$/);
            },
        }),
        ...(tier === "backend" ? SECRET_ENTRIES : ["NEXT_PUBLIC_API_URL"]).map((name) => {
            const source_ = tier === "backend" ? secret : configMap;
            const kind = tier === "backend" ? "Secret" : "ConfigMap";
            return row(`Environment Variable Required: ${name} (from ${kind})`, {
                recorded: (stack) => {
                    const { metadata, data } = source_(stack);
                    expect(data).to.have.property(name);
                    const read = container(stack, tier).envFrom.flatMap(
                        ({ configMapRef, secretRef }) => [configMapRef?.name, secretRef?.name],
                    );
                    expect(read).to.include(metadata.name);
                },
                live: async (stack) => {
                    const value = source_(stack).data?.[name];
                    const inside = await stack.exec(tier, "printenv", name);
                    // no secret in a message: only whether they are the same
                    expect(inside === value, `${name} is the ${kind}'s`).to.be.true;
                },
            });
        }),
        row("Build Validation: image builds without errors", {
            live: (stack) => {
                const { annotations } = templateOf(deployment(stack, tier)).metadata;
                const built = isPrebuilt(stack)
                    ? stack.setting(`${tier}Image`)
                    : stack.contents(tier).id;
                expect(annotations["habit-tracker/image-id"]).to.equal(built);
            },
        }),
        row("Build Validation: no secrets embedded in layers", {
            recorded: (stack) => {
                const told = JSON.stringify(stack.build(tier));
                expect(stack.build(tier).args).to.have.all.keys("BASE_IMAGE");
                for (const [name, value] of Object.entries(secret(stack).data ?? {})) {
                    expect(value !== "" && told.includes(value), `${name} in the build`).to.be
                        .false;
                }
            },
            live: async (stack) => {
                const secrets = secretsOf(stack);
                const patterns = printSecrets(
                    listEnvironment(stack.output("namespace")),
                    secret(stack),
                );
                // or else the search would find nothing because it looks for nothing
                expect(lines(await stack.node(patterns))).to.have.length(
                    new Set(Object.values(secrets)).size,
                );
                const save = `docker save ${stack.image(tier).reference}`;
                const found = lines(await stack.node(searchLayers(save, patterns)));
                expect(found.includes(IN_A_LAYER), "the layers were searched").to.be.true;
                const history = stack.contents(tier).steps.join("\n");
                for (const [name, value] of Object.entries(secrets)) {
                    expect(found.includes(value), `${name} in a layer`).to.be.false;
                    expect(history.includes(value), `${name} in the history`).to.be.false;
                }
            },
        }),
        tier === "backend"
            ? row("Build Validation: application starts and responds to health checks", {
                  live: async (stack) => {
                      const { spec, status } = deployment(stack, tier);
                      expect(status).to.include({ readyReplicas: spec.replicas });
                      expect(await run(stack, get, TIER[tier].ready)).to.equal("200");
                  },
              })
            : row("Build Validation: application starts and serves pages", {
                  live: async (stack) => {
                      const { spec, status } = deployment(stack, tier);
                      expect(status).to.include({ readyReplicas: spec.replicas });
                      const page = await stack.page("/");
                      expect(page.status).to.equal(200);
                      expect(page.headers.get("content-type")).to.match(/^text\/html/);
                      expect(await page.text()).to.match(/<title>[^<]*Habit/i);
                  },
              }),
    ];
}

export const IMAGES: readonly Statement[] = TIERS.flatMap(imageStatements);
