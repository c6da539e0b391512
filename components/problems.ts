import * as pulumi from "@pulumi/pulumi";

/** One mistake that stops the program before its first resource. */
export interface Problem {
    /** What is wrong, with the name and the value. */
    what: string;
    /** What it needs to be, or why it matters. */
    why: string;
    /** The exact command that mends it. */
    next: string;
}

/** Renders problems as the numbered report that `pulumi` prints. */
export function report(problems: readonly Problem[]): string {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const entries = problems.map(
        ({ what, why, next }, index) => `${index + 1}. ${what}\n   ${why}\n   Mend it: ${next}`,
    );
    return [`${count} to mend before anything is created or changed:`, ...entries].join("\n\n");
}

/**
 * Stops the program when there is any problem.
 *
 * @throws pulumi.RunError with all of them at once, which Pulumi prints without a stack trace.
 */
export function refuse(problems: readonly Problem[]): void {
    if (problems.length > 0) {
        throw new pulumi.RunError(report(problems));
    }
}
