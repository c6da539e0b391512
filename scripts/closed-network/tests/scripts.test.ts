import { expect } from "chai";
import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { BASE_IMAGES, PREPARE, folder } from "../index.ts";

const PACKAGE = join(import.meta.dirname, "..");

describe("the package", () => {
    it("names the tools' folder by what decides them, and its scripts and images", async () => {
        const name = basename(await folder("/cache"));
        expect(await folder("/cache")).to.equal(`/cache/${name}`);
        expect(name).to.match(/^closed-network-[0-9a-f]{12}$/);
        expect(BASE_IMAGES.databaseImage).to.match(/^closed-network\/postgres:/);
    });
});

describe("the scripts", () => {
    let directory: string;
    beforeEach(async () => {
        directory = await mkdtemp(join(tmpdir(), "closed-network-"));
    });
    afterEach(() => rm(directory, { recursive: true }));
    /** A program on PATH that writes down its words, and then does as it is told. */
    const fake = async (name: string, script: string): Promise<void> => {
        const file = join(directory, name);
        await writeFile(file, `#!/bin/bash\nprintf '%s\\n' "$@" >> "$0.told"\n${script}\n`);
        await chmod(file, 0o755);
    };
    const run = async (program: string, ...args: string[]) => {
        const env = { ...process.env, PATH: `${directory}:${process.env["PATH"]}` };
        return promisify(execFile)(program, args, { env }).catch(
            (error: unknown) => error as { code: number; stdout: string; stderr: string },
        );
    };
    /** What a function of host.sh prints. */
    const host = (...words: string[]) =>
        run("bash", "-c", `. ${PACKAGE}/host.sh; "$@"`, "_", ...words);

    it("fail plainly where no Docker engine answers", async () => {
        await fake("docker", "exit 1");
        const failed = await run("bash", PREPARE, join(directory, "cache"));
        expect(failed).to.include({ code: 1 });
        expect(failed.stderr).to.equal("prepare.sh: no Docker engine answers: start one first\n");
    });

    it("leave credentials out of what images take from this host, and say so", async () => {
        await fake(
            "apt-config",
            `cat << 'END'
Acquire::http::Proxy "http://robot:sesame@proxy.example:3128/";
Acquire::https::Proxy "http://proxy.example:3128/";
Acquire::Check-Valid-Until "false";
APT::Architecture "amd64";
END`,
        );
        const { stdout, stderr } = await host("apt_options");
        expect(stdout.trim().split("\n")).to.deep.equal([
            '--aptopt=Acquire::https::Proxy "http://proxy.example:3128/";',
            '--aptopt=Acquire::Check-Valid-Until "false";',
        ]);
        expect(stderr).to.match(
            /left out of the images: --aptopt=Acquire::http::Proxy .*credentials/,
        );
        expect(stderr).not.to.contain("sesame");
        expect((await host("setting", "proxy = ", "http://a:b@c")).stdout).to.equal("");
        expect((await host("setting", "proxy = ", "http://c")).stdout).to.equal(
            "proxy = http://c\n",
        );
    });

    it("hand mmdebstrap none, and make no image of a root that has some nonetheless", async () => {
        await fake(
            "apt-config",
            `echo 'Acquire::http::Proxy "http://robot:sesame@proxy.example/";'`,
        );
        await fake("docker", "[ $1 = info ]");
        await fake(
            "mmdebstrap",
            `folder=\${0%/*}/root && mkdir -p $folder/etc/apt/apt.conf.d
echo 'Acquire::http::Proxy "http://a:b@c/";' > $folder/etc/apt/apt.conf.d/99left
for tar; do [[ $tar = *.tar ]] && tar -C $folder -cf "$tar" . ; done`,
        );
        const failed = await run(
            "bash",
            join(PACKAGE, "images.sh"),
            join(directory, "cache"),
            "early",
        );
        expect(failed.stderr).to.match(/Acquire::http::Proxy … holds credentials/);
        expect(failed.stderr).to.contain(
            "credentials in closed-network/debian:trixie, in /etc/apt",
        );
        const told = async (name: string) => readFile(join(directory, `${name}.told`), "utf8");
        expect(await told("mmdebstrap")).not.to.contain("sesame");
        expect(await told("docker")).not.to.contain("import");
    });

    it("take systemd's resolver where resolv.conf names only this machine, and there is one", async () => {
        const [file, other] = [join(directory, "resolv.conf"), join(directory, "systemd")];
        await writeFile(file, "search local\nnameserver 127.0.0.53\nnameserver ::1\n");
        expect((await host("resolver", file, other)).stdout.trim()).to.equal(file);
        await writeFile(other, "nameserver 10.0.0.1\n");
        expect((await host("resolver", file, other)).stdout.trim()).to.equal(other);
        await writeFile(file, "nameserver 127.0.0.53\nnameserver 10.0.0.2\n");
        expect((await host("resolver", file, other)).stdout.trim()).to.equal(file);
    });
});
