import { expect } from "chai";
import {
    chmodSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildImage, environmentFor, pushImage } from "../providers/docker/build.ts";
import { digestContext, formatMode, listFiles } from "../providers/docker/context.ts";
import { changedInputs, checkImage, imageState } from "../providers/docker.ts";
import { omit, propertiesAt, type Properties, secret, UNKNOWN } from "../providers/values.ts";

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

    it("knows .dockerignore as Docker does: *, ?, [], ** and !, the last rule that fits, case and all", () => {
        for (const file of [
            "a.md",
            "README.md",
            "sub/b.md",
            "sub/x/c.log",
            "d1",
            "dd",
            "Notes/n",
        ]) {
            write(file, "");
        }
        const left = (rules: string) =>
            [...listFiles(directory, rules)]
                .filter((file) => !/Dockerfile|app/.test(file))
                .join(" ");
        expect(left("*.md\n!README.md")).to.equal("Notes/n README.md d1 dd sub/b.md sub/x/c.log");
        expect(left("# no\n\n**/*.md\nd?")).to.equal("Notes/n sub/x/c.log");
        expect(left("notes\n/sub/x\nd[0-9]")).to.equal("Notes/n README.md a.md dd sub/b.md");
        expect(left("sub/**\n!sub/x/c.log")).to.equal("Notes/n README.md a.md d1 dd sub/x/c.log");
    });

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

    it("fills in the Dockerfile, the context's digest and buildOnPreview", () => {
        const inputs = checkImage(image);
        expect(inputs["buildOnPreview"]).to.equal(false);
        expect(inputs["build"]).to.include({ context: "app", dockerfile: "app/Dockerfile" });
        expect(propertiesAt(inputs, "build")["contextDigest"]).to.match(/^[0-9a-f]{64}$/);
    });

    it("refuses what it cannot do, and says so", () => {
        const build = { context: "app", platform: "linux/amd64" };
        const refused = (more: Properties) => () => checkImage({ ...image, ...more });
        expect(refused({ buildOnPreview: true })).to.throw(/buildOnPreview is not supported/);
        expect(refused({ build: { ...build, cacheFrom: {} } })).to.throw(/build. cacheFrom is not/);
        expect(refused({ build: { context: "app" } })).to.throw(/without .*platform is not supp/);
        expect(refused({ build: { platform: "a/b" } })).to.throw(/without .*context .*is not supp/);
        expect(refused({ build: { ...build, context: "nowhere" } })).to.throw(/no such .*nowhere/);
        expect(refused({ build: { ...build, dockerfile: "None" } })).to.throw(/no such .*None/);
    });

    it("keeps what is unknown", () => {
        const build: Properties = { context: UNKNOWN, args: { KEY: UNKNOWN }, platform: UNKNOWN };
        expect(checkImage({ ...image, build })["build"]).to.deep.equal(build);
    });

    it("is built again for any difference, in place", () => {
        const inputs = checkImage(image);
        expect(changedInputs(inputs, checkImage(image))).to.deep.equal([]);
        writeFileSync(join(directory, "app", "new"), "x");
        expect(changedInputs(inputs, checkImage(image))).to.deep.equal(["build"]);
        expect(changedInputs(inputs, { ...inputs, imageName: "name:v2" })).to.deep.equal([
            "imageName",
        ]);
    });

    it("is pushed where the program says, and not again for another login", () => {
        const registry = { server: "r.example", username: "robot", password: "one" };
        const inputs = checkImage({
            ...omit(image, "skipPush"),
            imageName: "r.example/name:v1",
            registry,
        });
        expect(imageState(inputs, "x")).to.include({ registryServer: "r.example" });
        const again = { ...registry, username: "other", password: "two" };
        expect(changedInputs(inputs, { ...inputs, registry: again })).to.deep.equal([]);
        const moved = { ...registry, server: "other.example" };
        expect(changedInputs(inputs, { ...inputs, registry: moved })).to.deep.equal(["registry"]);
    });

    it("has the image's ID for its digest, and no build argument in plain in its state", () => {
        const build = { ...propertiesAt(image, "build"), args: { KEY: "sesame" } };
        const inputs = checkImage({ ...image, build });
        const { __inputs, ...rest } = imageState(inputs, "sha256:1");
        expect(rest).to.deep.equal({
            imageName: "name:v1",
            baseImageName: "name:v1",
            context: "app",
            dockerfile: "Dockerfile",
            platform: "linux/amd64",
            registryServer: "",
            repoDigest: "sha256:1",
        });
        expect(__inputs).to.deep.equal(secret(inputs));
    });
});

describe("the docker command", () => {
    let directory: string;
    let path: string | undefined;
    beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), "docker-"));
        path = process.env["PATH"];
        process.env["PATH"] = `${directory}:${path}`;
    });
    afterEach(() => {
        process.env["PATH"] = path;
        rmSync(directory, { recursive: true });
    });
    /** A `docker` that writes down what it was told, and does as a script says. */
    const docker = (script: string): void => {
        const file = join(directory, "docker");
        writeFileSync(
            file,
            `#!/bin/sh\necho "$DOCKER_BUILDKIT $DOCKER_HOST $DOCKER_TLS_VERIFY $DOCKER_CERT_PATH $*" >> ${directory}/told\n${script}\n`,
        );
        chmodSync(file, 0o755);
    };
    const told = (): string[] => readFileSync(join(directory, "told"), "utf8").trim().split("\n");
    const run = (report: (line: string) => void = () => undefined) => ({
        daemon: { host: "tcp://192.168.49.2:2376", certPath: "/certs" },
        report,
        signal: new AbortController().signal,
    });
    const DAEMON = "0 tcp://192.168.49.2:2376 1 /certs";
    const image: Properties = {
        imageName: "name:v1",
        build: {
            context: "app",
            dockerfile: "app/Dockerfile",
            args: { BASE: "python:3.12-slim" },
            platform: "linux/amd64",
        },
    };

    it("builds in the configured daemon with the builder that needs no frontend, and tells the image's ID", async () => {
        docker("echo sha256:1");
        const lines: string[] = [];
        expect(
            await buildImage(
                run((line) => lines.push(line)),
                image,
            ),
        ).to.equal("sha256:1");
        expect(told()).to.deep.equal([
            `${DAEMON} build --file=app/Dockerfile --tag=name:v1 --platform=linux/amd64 --build-arg=BASE=python:3.12-slim app`,
            `${DAEMON} image inspect --format={{.Id}} name:v1`,
        ]);
        expect(lines[0]).to.equal("Building name:v1");
    });

    it("shows the last lines of a build that failed", async () => {
        docker("seq 1 100; echo; echo 'returned 1'; exit 1");
        const failed = await buildImage(run(), image).catch(String);
        expect(failed).to.match(/^Error: building name:v1 failed:\n62\n63\n[^]*\n100\nreturned 1$/);
    });

    it("pushes as whom the program says, in a configuration of its own, and tells what the registry has", async () => {
        const digest = `sha256:${"a".repeat(64)}`;
        docker(
            `cat $DOCKER_CONFIG/config.json >> ${directory}/told; echo 'v1: digest: ${digest} size: 9'`,
        );
        const registry = { server: "r:5000", username: "robot", password: "one" };
        const pushed = { imageName: "r:5000/name:v1", registry };
        expect(await pushImage(run(), pushed)).to.equal(`r:5000/name@${digest}`);
        const [command = "", login = ""] = told();
        expect(command).to.match(/ push r:5000\/name:v1$/);
        const auth = Buffer.from("robot:one").toString("base64");
        expect(JSON.parse(login)).to.deep.equal({ auths: { "r:5000": { auth } } });
        docker(`echo "$DOCKER_CONFIG" >> ${directory}/told; echo denied; exit 1`);
        const anonymous = { imageName: "r:5000/name:v1", registry: { server: "r:5000" } };
        const failed = await pushImage(run(), anonymous).catch(String);
        expect(failed).to.equal("Error: pushing r:5000/name:v1 failed:\ndenied");
        expect(told().at(-1)).not.to.contain("docker-login-");
    });

    it("reaches the configured daemon whatever the shell says", () => {
        const shell = { ...process.env };
        const theirs = { DOCKER_HOST: "tcp://elsewhere:1", DOCKER_CONTEXT: "elsewhere" };
        Object.assign(process.env, theirs, { DOCKER_CONFIG: "/own", NO_PROXY: "localhost" });
        try {
            const environment = environmentFor(run().daemon);
            expect(environment).to.include({
                ...{ DOCKER_HOST: "tcp://192.168.49.2:2376", DOCKER_CONFIG: "/own" },
                NO_PROXY: "localhost,192.168.49.2",
            });
            expect(environment).not.to.have.property("DOCKER_CONTEXT");
            const local = environmentFor({ host: undefined, certPath: undefined });
            expect(local).not.to.have.any.keys("DOCKER_HOST", "DOCKER_CERT_PATH");
        } finally {
            process.env = shell;
        }
    });
});
