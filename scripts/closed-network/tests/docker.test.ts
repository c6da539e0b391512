import { expect } from "chai";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildArguments, failedStep, pushedDigest, repository } from "../providers/docker/build.ts";
import {
    digestContext,
    formatMode,
    isIgnored,
    parseIgnoreFile,
} from "../providers/docker/context.ts";
import { cliEnvironment, cliOptions, daemonOf, ping } from "../providers/docker/daemon.ts";
import { buildOf, checkImage, diffImage, imageState, pushOf } from "../providers/docker/image.ts";
import {
    encodeProperties,
    propertiesAt,
    type Properties,
    secret,
    Secret,
    UNKNOWN,
} from "../providers/values.ts";

describe(".dockerignore", () => {
    const ignored = (text: string, ...files: string[]): boolean[] => {
        const rules = parseIgnoreFile(text);
        return files.map((file) => isIgnored(rules, file));
    };

    it("skips comments, blank lines and a byte order mark", () => {
        expect(parseIgnoreFile("\uFEFF# no\n\n   \n#x\n")).to.deep.equal([]);
    });

    it("matches files, and directories with all in them, from the root of the context", () => {
        expect(
            ignored("node_modules", "node_modules/a/b", "sub/node_modules/a", "node_modules2"),
        ).to.deep.equal([true, false, false]);
        expect(ignored("/a/", "a", "a/b", "b/a")).to.deep.equal([true, true, false]);
        expect(ignored("./a/../b", "b", "a")).to.deep.equal([true, false]);
    });

    it("knows *, ?, [], ** and \\", () => {
        expect(ignored("*.md", "a.md", "sub/a.md")).to.deep.equal([true, false]);
        expect(ignored("**/*.md", "a.md", "sub/x/a.md", "a.mdx")).to.deep.equal([
            true,
            true,
            false,
        ]);
        expect(ignored("a/**", "a/b", "a/b/c", "b")).to.deep.equal([true, true, false]);
        expect(ignored("a?c", "abc", "ac", "a/c")).to.deep.equal([true, false, false]);
        expect(ignored("[ab].txt", "a.txt", "c.txt")).to.deep.equal([true, false]);
        expect(ignored("a.b+(c)", "a.b+(c)", "axb+(c)")).to.deep.equal([true, false]);
        expect(ignored("\\*", "*", "x")).to.deep.equal([true, false]);
    });

    it("lets the last rule that fits decide", () => {
        expect(ignored("*.md\n!README.md\nREADME.md", "README.md", "a.md")).to.deep.equal([
            true,
            true,
        ]);
        expect(ignored("a\n!a/keep", "a/keep", "a/keep/x", "a/other")).to.deep.equal([
            false,
            false,
            true,
        ]);
    });
});

describe("a build context's digest", () => {
    let directory: string;
    beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), "context-"));
        write("Dockerfile", "FROM scratch\n");
        write("app/main.py", "print()\n");
    });
    afterEach(() => rmSync(directory, { recursive: true }));
    const write = (file: string, content: string): void => {
        const path = join(directory, file);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, content);
        chmodSync(path, 0o644);
    };
    const digest = (dockerfile = "Dockerfile"): string =>
        digestContext(directory, join(directory, dockerfile));

    it("is that of the real provider", () => {
        // what its own Go functions (provider/image.go: hashPath, hexSumContext) make of these two files
        expect(digest()).to.equal(
            "7f4547efd8277ed4116e53d0b034ee25c21ccefaa3c64bfa87eaa3e5909f768a",
        );
    });

    it("changes with content, name and mode of any file", () => {
        const seen = new Set([digest()]);
        write("app/main.py", "print(1)\n");
        seen.add(digest());
        write("app/other.py", "");
        seen.add(digest());
        chmodSync(join(directory, "app/other.py"), 0o755);
        seen.add(digest());
        symlinkSync("main.py", join(directory, "app/link"));
        seen.add(digest());
        expect(seen.size).to.equal(5);
    });

    it("changes with nothing that is ignored", () => {
        write(".dockerignore", "notes\n");
        const before = digest();
        write("notes/today.txt", "x");
        expect(digest()).to.equal(before);
    });

    it("reaches into an ignored directory for what is taken back", () => {
        write(".dockerignore", "notes\n!notes/keep.txt\n");
        const before = digest();
        write("notes/keep.txt", "x");
        expect(digest()).not.to.equal(before);
    });

    it("prefers the Dockerfile's own ignore file", () => {
        write("Dockerfile.dockerignore", "notes\n");
        write(".dockerignore", "app\n");
        const before = digest();
        write("notes/today.txt", "x");
        expect(digest()).to.equal(before);
        write("app/main.py", "2");
        expect(digest()).not.to.equal(before);
    });

    it("survives a link to nowhere", () => {
        symlinkSync("nowhere", join(directory, "broken"));
        expect(digest()).to.match(/^[0-9a-f]{64}$/);
    });

    it("writes modes as Go does", () => {
        expect(formatMode(0o100755)).to.equal("-rwxr-xr-x");
        expect(formatMode(0o120777)).to.equal("Lrwxrwxrwx");
        expect(formatMode(0o104755)).to.equal("urwxr-xr-x");
        expect(formatMode(0)).to.equal("----------");
    });
});

describe("docker.Image", () => {
    let directory: string;
    let before: string;
    beforeEach(() => {
        before = process.cwd();
        directory = mkdtempSync(join(tmpdir(), "image-"));
        mkdirSync(join(directory, "app"));
        writeFileSync(join(directory, "app", "Dockerfile"), "FROM scratch\n");
        process.chdir(directory);
    });
    afterEach(() => {
        process.chdir(before);
        rmSync(directory, { recursive: true });
    });
    const image: Properties = {
        imageName: "name:v1",
        skipPush: true,
        build: { context: "app", platform: "linux/amd64" },
    };
    const reasons = (inputs: Properties): string =>
        checkImage(inputs)
            .failures.map(({ property, reason }) => `${property}: ${reason}`)
            .join("\n");

    it("fills in the Dockerfile, the context's digest and buildOnPreview", () => {
        const { inputs, failures } = checkImage(image);
        expect(failures).to.deep.equal([]);
        expect(inputs["buildOnPreview"]).to.equal(false);
        expect(inputs["build"]).to.include({ context: "app", dockerfile: "app/Dockerfile" });
        expect(propertiesAt(inputs, "build")["contextDigest"]).to.match(/^[0-9a-f]{64}$/);
    });

    it("says for which platform it builds where none is given, and nothing else", () => {
        const messages: string[] = [];
        const given = checkImage({ ...image, build: { context: "app" } }, (text) =>
            messages.push(text),
        );
        expect(propertiesAt(given.inputs, "build")["platform"]).to.match(/^linux\//);
        expect(messages).to.have.lengthOf(1);
        checkImage(image, (text) => messages.push(text));
        expect(messages).to.have.lengthOf(1);
    });

    it("refuses what it cannot do, and says so", () => {
        expect(reasons({ ...image, skipPush: false })).to.match(/imageName.*names no registry/);
        for (const imageName of [
            "localhost/name:v1",
            "127.0.0.1:5000/name:v1",
            "docker.io/a/b:v1",
        ]) {
            expect(reasons({ ...image, imageName, skipPush: false })).to.equal("");
        }
        expect(reasons({ ...image, build: { context: "app", builderVersion: "X" } })).to.match(
            /builderVersion/,
        );
        expect(reasons({ ...image, build: { context: "app", cacheFrom: {} } })).to.match(
            /cacheFrom/,
        );
        expect(reasons({ ...image, build: { context: "nowhere" } })).to.match(/context.*nowhere/);
        expect(reasons({ ...image, build: { context: "app", dockerfile: "Dockerfile" } })).to.match(
            /did you mean "app\/Dockerfile"/,
        );
    });

    it("keeps what is unknown and what is secret", () => {
        const build: Properties = {
            context: UNKNOWN,
            args: { KEY: secret("k") },
            platform: UNKNOWN,
        };
        const { inputs, failures } = checkImage({ ...image, build });
        expect(failures).to.deep.equal([]);
        expect(inputs["build"]).to.deep.equal(build);
    });

    it("builds again for any difference, in place", () => {
        const { inputs } = checkImage(image);
        const state = imageState(inputs, buildOf(inputs), "sha256:1");
        expect(diffImage(state, checkImage(image).inputs).changes).to.deep.equal({});
        writeFileSync(join(directory, "app", "new"), "x");
        const changed = diffImage(state, checkImage(image).inputs);
        expect(changed.changes).to.deep.equal({ "build.contextDigest": "update" });
        expect(changed.replaces ?? []).to.deep.equal([]);
        const renamed = diffImage(state, { ...inputs, imageName: "name:v2" });
        expect(renamed.changes).to.deep.equal({ imageName: "update" });
    });

    it("is pushed where the program says, and not again for another login", () => {
        const registry = { server: "r.example", username: "robot", password: secret("one") };
        const pushed: Properties = { ...image, imageName: "r.example/name:v1", registry };
        delete pushed["skipPush"];
        const { inputs } = checkImage(pushed);
        expect(pushOf(inputs)).to.deep.equal({ ...registry, password: "one" });
        expect(pushOf(checkImage(image).inputs)).to.equal(undefined);
        const state = imageState(inputs, buildOf(inputs), "r.example/name@sha256:1");
        expect(state).to.include({ registryServer: "r.example" });
        const again = { ...registry, username: "other", password: secret("two") };
        expect(diffImage(state, { ...inputs, registry: again }).changes).to.deep.equal({});
        const moved = { ...registry, server: "other.example" };
        expect(diffImage(state, { ...inputs, registry: moved }).changes).to.deep.equal({
            "registry.server": "update",
        });
    });

    it("has the image's ID for its digest, and no build argument in plain in its state", () => {
        const { inputs } = checkImage({
            ...image,
            build: { context: "app", args: { KEY: "sesame" } },
        });
        const state = imageState(inputs, buildOf(inputs), "sha256:1");
        expect(state).to.include({
            repoDigest: "sha256:1",
            imageName: "name:v1",
            dockerfile: "Dockerfile",
            registryServer: "",
        });
        expect(state["__inputs"]).to.be.instanceOf(Secret);
        const { __inputs, ...rest } = encodeProperties(state);
        expect(JSON.stringify(rest)).not.to.contain("sesame");
        expect(JSON.stringify(__inputs)).to.contain("sesame");
    });
});

describe("docker build", () => {
    const build = {
        imageName: "name:v1",
        context: "app",
        dockerfile: "app/Dockerfile",
        args: { BASE: "python:3.12-slim" },
        target: "runner",
        platform: "linux/amd64",
        network: undefined,
        addHosts: [],
        builderVersion: undefined,
    };

    it("hands over all options; the progress is BuildKit's only", () => {
        const words = [
            "build",
            "--file=app/Dockerfile",
            "--tag=name:v1",
            "--platform=linux/amd64",
            "--target=runner",
            "--build-arg=BASE=python:3.12-slim",
        ];
        expect(buildArguments(build, false)).to.deep.equal([...words, "app"]);
        expect(buildArguments(build, true)).to.deep.equal([...words, "--progress=plain", "app"]);
    });

    it("tells what a push left in the registry", () => {
        const digest = `sha256:${"a".repeat(64)}`;
        const lines = [
            "The push refers to repository [r:5000/name]",
            `v1: digest: ${digest} size: 9`,
        ];
        expect(pushedDigest("r:5000/name:v1", lines)).to.equal(`r:5000/name@${digest}`);
        expect(pushedDigest("r:5000/name:v1", lines.slice(0, 1))).to.equal(undefined);
        expect(repository("r:5000/name")).to.equal("r:5000/name");
    });

    it("reaches the configured daemon whatever the shell says", () => {
        const daemon = daemonOf({ host: "tcp://192.168.49.2:2376", certPath: "/certs" });
        expect(cliOptions(daemon)).to.deep.equal([
            "--host=tcp://192.168.49.2:2376",
            "--tlsverify",
            "--tlscacert=/certs/ca.pem",
            "--tlscert=/certs/cert.pem",
            "--tlskey=/certs/key.pem",
        ]);
        const shell = { ...process.env };
        Object.assign(process.env, { DOCKER_HOST: "tcp://elsewhere:1", NO_PROXY: "localhost" });
        try {
            const environment = cliEnvironment(daemon, false);
            expect(environment).not.to.have.property("DOCKER_HOST");
            expect(environment).to.include({
                DOCKER_BUILDKIT: "0",
                NO_PROXY: "localhost,192.168.49.2",
            });
        } finally {
            process.env = shell;
        }
    });

    it("shows the step that failed, of the classic builder and of BuildKit", () => {
        const classic = [
            "DEPRECATED: The legacy builder is deprecated and will be removed in a future release.",
            "            Install the buildx component to build images with BuildKit:",
            "Step 1/2 : FROM scratch",
            " ---> Running in 1",
            "Step 2/2 : RUN false",
            "The command '/bin/sh -c false' returned a non-zero code: 1",
        ];
        expect(failedStep(classic, 40)).to.deep.equal(classic.slice(4));
        const buildKit = [
            "#5 [2/3] RUN sleep 9",
            "#6 [3/3] RUN echo hello && false",
            `#6 sha256:${"0".repeat(64)}`,
            "#6 0.473 hello",
            "#5 CANCELED",
            "#6 ERROR: executor failed running",
            "------",
            " > [3/3] RUN echo hello && false:",
            "------",
        ];
        expect(failedStep(buildKit, 40)).to.deep.equal([
            "#6 [3/3] RUN echo hello && false",
            "#6 0.473 hello",
            "#6 ERROR: executor failed running",
        ]);
        expect(failedStep(["", "failed to solve: no such image"], 40)).to.deep.equal([
            "failed to solve: no such image",
        ]);
        const long = ["Step 1/1 : RUN x", ...Array.from({ length: 100 }, (_, index) => `${index}`)];
        expect(failedStep(long, 5)).to.deep.equal(["Step 1/1 : RUN x", "…", "97", "98", "99"]);
    });
});

describe("the docker daemon", () => {
    let server: Server;
    afterEach(() => server.close());
    const listen = async (status: number): Promise<string> => {
        server = createServer((_request, response) =>
            response.writeHead(status, { "api-version": "1.41" }).end(),
        );
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const address = server.address();
        return `tcp://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    };
    const outcome = (host: string): Promise<string | undefined> =>
        ping({ host, certPath: undefined }).catch((error: unknown) => (error as Error).message);

    it("is asked for its API version", async () => {
        expect(await outcome(await listen(200))).to.equal("1.41");
    });

    it("is missed with a message that names it", async () => {
        const host = await listen(500);
        expect(await outcome(host)).to.equal(
            `failed to connect to any docker daemon: ${host}: it answered with status 500`,
        );
        await new Promise((resolve) => server.close(resolve));
        expect(await outcome(host)).to.match(
            /failed to connect to any docker daemon: .*ECONNREFUSED/,
        );
        expect(await outcome("unix:///nowhere.sock")).to.match(/ENOENT/);
    });
});
