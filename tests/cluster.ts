import { execa } from "execa";
import { kubectlCommand } from "../scripts/place.ts";
import { type Stack, openInstalled } from "../scripts/stack.ts";

/** A stack and the Minikube that it is in, with the tools as `npm run up` uses them. Each gives back what it prints. */
export interface Cluster {
    stack: Stack;
    kubectl: (...args: string[]) => Promise<string>;
    pulumi: (...args: string[]) => Promise<string>;
    /** Runs a command on the node. */
    node: (command: string) => Promise<string>;
    /** The stack's settings by name, defaults among them; a secret has no value. */
    config: () => Promise<Record<string, Setting>>;
}

/** A setting as `pulumi config` shows it. */
export interface Setting {
    value?: string;
    secret: boolean;
}

/** Opens the stack of that name in a clone. */
export async function openCluster(project: string, name: string): Promise<Cluster> {
    const { place, stack } = await openInstalled(project, name);
    // as it is now: the program's mocks, of the same process, put another Minikube into it
    const env = { ...process.env, ...stack.env };
    const run = async (program: string, args: readonly string[]) =>
        (await execa(program, args, { cwd: project, env, extendEnv: false })).stdout;
    const pulumi = (...args: string[]) =>
        run("pulumi", [...args, "--stack", name, "--non-interactive", "--color=never"]);
    return {
        stack,
        kubectl: (...args) => run(...kubectlCommand(place, ...args)),
        pulumi,
        node: (command) => run("minikube", ["-p", place.context, "ssh", "--", command]),
        config: async () => {
            const all = JSON.parse(await pulumi("config", "--json")) as Record<string, Setting>;
            return Object.fromEntries(
                Object.entries(all).map(([key, setting]) => [
                    key.replace(/^habit-tracker:/, ""),
                    setting,
                ]),
            );
        },
    };
}
