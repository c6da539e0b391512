import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { closedNetworkFolder } from "../scripts/closed-network/index.ts";
import { Failure } from "../scripts/failure.ts";
import { cacheFolder } from "../scripts/tools.ts";

/** Go modules to install, each with its version. */
const GO_TOOLS = [
    "github.com/zegl/kube-score/cmd/kube-score@v1.20.0",
    "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0",
    "github.com/tsenart/vegeta/v12@v12.13.0",
];
/** Python packages, each in a virtual environment of its own: their requirements contradict each other. */
const PYTHON_TOOLS = { checkov: "checkov==3.3.30", nca: "network-config-analyzer==2.1.0" };

/** The executables that the tests stand on. */
export interface Tools {
    kubeScore: string;
    kubeconform: string;
    checkov: string;
    /** Lists the connections that network policies leave open. */
    nca: string;
    /** Sends requests at a constant rate. */
    vegeta: string;
}

/** Gets the tools from the package registries, once for each set of versions. */
export async function installTools(): Promise<Tools> {
    const versions = JSON.stringify([GO_TOOLS, PYTHON_TOOLS]);
    const key = createHash("sha256").update(versions).digest("hex").slice(0, 12);
    const folder = join(cacheFolder(), `test-tools-${key}`);
    // in place, since a virtual environment cannot be moved
    const complete = join(folder, "complete");
    if (!existsSync(complete)) {
        console.log(
            "Getting kube-score, kubeconform, checkov, network-config-analyzer and vegeta (once) …",
        );
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder, { recursive: true });
        await Promise.all([installGoTools(folder), installPythonTools(folder)]);
        await writeFile(complete, versions);
    }
    return {
        kubeScore: join(folder, "kube-score"),
        kubeconform: join(folder, "kubeconform"),
        checkov: join(folder, "checkov", "bin", "checkov"),
        nca: join(folder, "nca", "bin", "nca"),
        vegeta: join(folder, "vegeta"),
    };
}

async function installGoTools(folder: string): Promise<void> {
    // a closed network's Go, where the machine has none
    const path = [process.env["PATH"], join(await closedNetworkFolder(), "go", "bin")];
    const env = { PATH: path.join(delimiter), GOBIN: folder, GOFLAGS: "", CGO_ENABLED: "0" };
    for (const tool of GO_TOOLS) {
        try {
            await execa("go", ["install", tool], { env, cwd: folder });
        } catch (error) {
            throw new Failure(
                `go install ${tool} failed`,
                (error as Error).message,
                "install Go 1.21 or newer, then the same command again",
            );
        }
    }
}

async function installPythonTools(folder: string): Promise<void> {
    for (const [name, requirement] of Object.entries(PYTHON_TOOLS)) {
        const environment = join(folder, name);
        try {
            await execa("python3", ["-m", "venv", environment]);
            const pip = join(environment, "bin", "pip");
            await execa(pip, ["install", "--quiet", "--disable-pip-version-check", requirement]);
        } catch (error) {
            throw new Failure(
                `pip install ${requirement} failed`,
                (error as Error).message,
                "install Python 3.9 or newer with venv, then the same command again",
            );
        }
    }
}
