import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { Failure } from "../../scripts/failure.ts";
import { type Tool, download, findOnPath, releases, tools } from "../../scripts/releases.ts";
import { withoutProxies } from "./proxies.ts";

const sha256 = (content: Buffer | string) => createHash("sha256").update(content).digest("hex");

describe("releases", () => {
    let folder: string;
    let server: Server;
    let served: Buffer;
    withoutProxies();

    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "releases-test-"));
        server = createServer((_, response) => response.end(served)).listen(0, "127.0.0.1");
        await once(server, "listening");
    });
    after(async () => {
        server.close();
        await rm(folder, { recursive: true });
    });

    /** A tool on the local server, released as `content`. */
    const minikube = (content: Buffer | string): Tool => ({
        name: "minikube",
        version: "1.0.0",
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/minikube`,
        sha256: sha256(content),
    });

    it("installs a program that is what was released", async () => {
        served = Buffer.from("#!/bin/sh\necho it runs\n");
        await download(minikube(served), join(folder, "program"));
        expect((await execa(join(folder, "program", "minikube"))).stdout).to.equal("it runs");
        expect(await readdir(join(folder, "program"))).to.deep.equal(["minikube"]);
    });

    it("installs every program of an archive, one of the archive's own name too", async () => {
        const source = join(folder, "pulumi");
        await execa("mkdir", ["-p", source]);
        await writeFile(join(source, "pulumi"), "engine");
        await writeFile(join(source, "pulumi-language-nodejs"), "host");
        await execa("tar", ["-czf", join(folder, "archive"), "-C", folder, "pulumi"]);
        served = await readFile(join(folder, "archive"));
        const tool: Tool = { ...minikube(served), name: "pulumi", archiveFolder: "pulumi" };
        await download(tool, join(folder, "archive-bin"));
        expect(await readdir(join(folder, "archive-bin"))).to.have.members([
            "pulumi",
            "pulumi-language-nodejs",
        ]);
    });

    /** What a download that fails says; nothing may be left of it. */
    async function failure(tool: Tool): Promise<string> {
        const error: unknown = await download(tool, join(folder, "none")).catch(
            (reason: unknown) => reason,
        );
        expect(error).to.be.instanceOf(Failure);
        expect(await stat(join(folder, "none")).catch(() => "absent")).to.equal("absent");
        return (error as Failure).message;
    }

    it("refuses another file, and leaves nothing behind", async () => {
        served = Buffer.from("not what was released");
        expect(await failure(minikube("what was released")))
            .to.contain("is not what minikube 1.0.0 was released as")
            .and.to.contain(`Its SHA-256 is ${sha256(served)}`)
            .and.to.contain("Mend it:");
    });

    it("says that a web page came in its place", async () => {
        served = Buffer.from("\n<!DOCTYPE html><title>Welcome to the hotel</title>");
        expect(await failure(minikube("what was released")))
            .to.contain("A web page came")
            .and.to.contain("Mend it: log in to the network");
    });

    it("gets nothing that it has no checksum of", async () => {
        expect(await failure({ ...minikube(""), sha256: undefined }))
            .to.contain("There is no release of minikube for")
            .and.to.contain("put it on PATH");
    });

    it("knows the releases of every platform as their makers name them", async () => {
        const urls = async (platform: string, arch: string) =>
            (await tools(platform, arch)).map(({ url }) => url);
        const [pulumi, minikube] = await urls("linux", "x64");
        expect(pulumi).to.match(
            /^https:\/\/github\.com\/pulumi\/pulumi\/releases\/download\/v([\d.]+)\/pulumi-v\1-linux-x64\.tar\.gz$/,
        );
        expect(minikube).to.match(
            /^https:\/\/github\.com\/kubernetes\/minikube\/releases\/download\/v[\d.]+\/minikube-linux-amd64$/,
        );
        expect((await urls("darwin", "arm64"))[1]).to.match(/\/v[\d.]+\/minikube-darwin-arm64$/);
        const pins = new Set<string | undefined>();
        for (const platform of ["linux", "darwin"]) {
            for (const arch of ["x64", "arm64"]) {
                for (const { sha256: pin } of await tools(platform, arch)) {
                    expect(pin).to.match(/^[0-9a-f]{64}$/);
                    pins.add(pin);
                }
            }
        }
        // each its own, so that none was copied to the wrong line
        expect(pins.size).to.equal(8);
        expect((await tools("win32", "x64")).map((tool) => tool.sha256)).to.deep.equal([
            undefined,
            undefined,
        ]);
    });

    it("keeps each version by itself, so that an older one does not pass for a newer", async () => {
        process.env["HABIT_TRACKER_RELEASES"] = join(folder, "releases.json");
        const foldersAt = async (version: string) => {
            const pin = { version, sha256: {} };
            await writeFile(
                join(folder, "releases.json"),
                JSON.stringify({ pulumi: pin, minikube: pin }),
            );
            return (await releases("/home/me/.pulumi")).folders;
        };
        const older = await foldersAt("1.0.0");
        const newer = await foldersAt("1.0.1");
        delete process.env["HABIT_TRACKER_RELEASES"];
        expect(new Set([...older, ...newer]).size).to.equal(4);
    });

    it("finds programs on PATH, the first one first", async () => {
        expect(await findOnPath("sh", "/nowhere:/bin")).to.equal("/bin");
        expect(await findOnPath("no-such-program", "/bin")).to.equal(undefined);
    });
});
