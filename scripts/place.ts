import { execa } from "execa";
import { Failure } from "./failure.ts";
import { profileState } from "./minikube.ts";

/** The cluster that a stack's settings lead to. */
export interface Place {
    /** Its context in the kubeconfig. A Minikube's is called like its profile. */
    context: string;
    /** Whether it is a Minikube, which the scripts may start, or any other cluster (kubeContext). */
    isMinikube: boolean;
}

/** A command: the program and its arguments. */
type Command = readonly [program: string, args: string[]];

/** The command that is kubectl in a cluster, whatever the current context is. */
export function kubectlCommand({ context, isMinikube }: Place, ...args: string[]): Command {
    const own = ["--context", context, ...args];
    return isMinikube ? ["minikube", ["-p", context, "kubectl", "--", ...own]] : ["kubectl", own];
}

/** `absent` is only said of a Minikube: of any other cluster nobody here can know. */
export type PlaceState = "absent" | "stopped" | "running";

/** That a stack's cluster does not answer, or that there is no kubectl to ask it. */
export const unreachable = ({ context, isMinikube }: Place, stack: string): Failure =>
    isMinikube
        ? new Failure(
              `The Minikube profile "${context}" does not answer`,
              "The stack's data is in it, and has to be seen first.",
              `minikube start -p ${context}, then this again`,
          )
        : new Failure(
              `The cluster of the context "${context}" does not answer`,
              "kubeContext names it, and only kubectl on PATH and the kubeconfig lead there.",
              `kubectl --context ${context} version, which has to answer, then this again; if it is gone for good: pulumi state delete --all --stack ${stack}`,
          );

/** What can be said of a cluster before anything is done in it. */
export async function placeState(place: Place, env: Record<string, string>): Promise<PlaceState> {
    if (place.isMinikube) {
        return profileState(place.context, env);
    }
    const [program, args] = kubectlCommand(place, "version", "--request-timeout=10s");
    const { exitCode } = await execa(program, args, { env, reject: false });
    return exitCode === 0 ? "running" : "stopped";
}
