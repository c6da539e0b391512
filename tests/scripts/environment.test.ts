import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { chosenBackend, stackEnvironment, writeEnvironment } from "../../scripts/environment.ts";
import { Failure } from "../../scripts/failure.ts";

describe("environment", () => {
    let project: string;
    /** A user without any login. */
    let env: NodeJS.ProcessEnv;
    beforeEach(async () => {
        project = await mkdtemp(join(tmpdir(), "environment-test-"));
        env = { PULUMI_HOME: join(project, "home") };
    });
    afterEach(() => rm(project, { recursive: true }));

    it("makes a backend and a passphrase of its own where none is configured, once", async () => {
        const first = await stackEnvironment(project, "local", env);
        expect(first).to.deep.equal({
            PULUMI_BACKEND_URL: `file://${project}/.local/state`,
            PULUMI_CONFIG_PASSPHRASE_FILE: `${project}/.local/passphrase`,
        });
        const file = join(project, ".local", "passphrase");
        const passphrase = await readFile(file, "utf8");
        expect(passphrase).to.match(/^[\w-]{43}$/);
        expect((await stat(file)).mode & 0o777).to.equal(0o600);
        // the second time, in a shell that has sourced what the first run wrote
        expect(await stackEnvironment(project, "local", { ...env, ...first })).to.deep.equal(first);
        expect(await readFile(file, "utf8")).to.equal(passphrase);
    });

    it("leaves a backend and a passphrase of the user's alone", async () => {
        const own = {
            ...env,
            PULUMI_BACKEND_URL: "s3://bucket",
            PULUMI_CONFIG_PASSPHRASE: "",
        };
        expect(await stackEnvironment(project, "local", own)).to.deep.equal({
            PULUMI_BACKEND_URL: "s3://bucket",
        });
        expect(await stat(join(project, ".local")).catch(() => "absent")).to.equal("absent");
    });

    it("asks Pulumi Cloud for no passphrase", async () => {
        const own = { ...env, PULUMI_ACCESS_TOKEN: "pul-token" };
        expect(await stackEnvironment(project, "local", own)).to.deep.equal({
            PULUMI_BACKEND_URL: "https://api.pulumi.com",
        });
    });

    it("finds the login of `pulumi login`", async () => {
        await mkdir(join(project, "home"));
        await writeFile(join(project, "home", "credentials.json"), '{"current":"file://~"}');
        expect(await chosenBackend(env)).to.equal("file://~");
    });

    it("finds it in a folder of the credentials' own", async () => {
        const folder = join(project, "credentials");
        await mkdir(folder);
        await writeFile(join(folder, "credentials.json"), '{"current":"https://pulumi.example"}');
        const own = { ...env, PULUMI_CREDENTIALS_PATH: folder };
        expect(await chosenBackend(own)).to.equal("https://pulumi.example");
    });

    it("says what has the place of its folder", async () => {
        await writeFile(join(project, ".local"), "");
        const error = await stackEnvironment(project, "local", env).catch(
            (reason: unknown) => reason,
        );
        expect(error).to.be.instanceOf(Failure);
        expect((error as Failure).message)
            .to.contain(join(project, ".local"))
            .and.to.contain("Mend it: move away what has its place");
    });

    it("keeps to the login where a token is for a server of one's own", async () => {
        const token = { ...env, PULUMI_ACCESS_TOKEN: "pul-token" };
        await mkdir(join(project, "home"));
        const login = join(project, "home", "credentials.json");
        await writeFile(login, '{"current":"https://pulumi.example"}');
        expect(await chosenBackend(token)).to.equal("https://pulumi.example");
        // `pulumi logout` leaves the file without one
        await writeFile(login, "{}");
        expect(await chosenBackend(token)).to.equal("https://api.pulumi.com");
    });

    it("refuses a stack file that another passphrase encrypted", async () => {
        await writeFile(join(project, "Pulumi.local.yaml"), "encryptionsalt: v1:abc\n");
        const error = await stackEnvironment(project, "local", env).catch(
            (reason: unknown) => reason,
        );
        expect(error).to.be.instanceOf(Failure);
        expect((error as Failure).message).to.contain("Pulumi.local.yaml is encrypted");
    });

    it("writes a file that a shell can source", async () => {
        await writeEnvironment(project, { PULUMI_X: "it's $HOME", PATH: "/not-this" }, ["/a b"]);
        const { stdout } = await execa("sh", [
            "-c",
            `PATH=/bin; . '${project}/.local/env'; printf '%s|%s' "$PULUMI_X" "$PATH"`,
        ]);
        // the user's own programs come first
        expect(stdout).to.equal("it's $HOME|/bin:/a b");
    });
});
